package drivertest

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// InBubble makes a server for use inside a synctest bubble, where time is the
// test's, a credential with tokens of the given life, and options to reach the
// server with it.
func (e Engine[S, O, C]) InBubble(t *testing.T, life time.Duration, o *O) (S, *ShortLived, *passwordless.Options) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	server, err := e.NewServer(ca, o)
	require.NoError(t, err)
	credential := &ShortLived{life: life}
	return server, credential, &passwordless.Options{
		Credential: credential,
		RootCAs:    []*x509.Certificate{ca.Certificate()},
		Environ:    NoVariables,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, conn := net.Pipe()
			go server.ServeConn(t.Context(), conn)
			return client, nil
		},
	}
}

// LoginEnds connects, in a bubble, with a server that says nothing: without a
// deadline the login ends after limit, whose error it returns, and with one of five
// seconds then.
func LoginEnds(t *testing.T, c driver.Connector, limit time.Duration) error {
	t.Helper()
	start := time.Now()
	_, unlimited := c.Connect(context.Background())
	require.Error(t, unlimited)
	assert.Equal(t, limit, time.Since(start), "without a deadline")

	start = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.Connect(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 5*time.Second, time.Since(start), "with a deadline")
	return unlimited
}

// LoginsWithoutADeadlineEnd opens connections with the settings, in a bubble, to a
// server that is silent: each login ends after the time of its settings. Start is
// InBubble with arguments.
func LoginsWithoutADeadlineEnd[S Server, C Connector](t *testing.T, start func(*testing.T) (S, *ShortLived, *passwordless.Options), open func(settings string, o *passwordless.Options) (C, error), limits map[string]time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, _, o := start(t)
		server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
		for settings, limit := range limits {
			c, err := open(settings, o)
			require.NoError(t, err)
			LoginEnds(t, c, limit)
			require.NoError(t, c.Close())
		}
		require.NoError(t, server.Close())
	})
}

// RenewsUntilClosed checks, in a bubble and with tokens of an hour, that a pool
// renews its token while it has connections, and no more once it is closed.
func RenewsUntilClosed(t *testing.T, credential *ShortLived, ping func(context.Context) error, closePool func()) {
	t.Helper()
	require.NoError(t, ping(t.Context()))
	require.Equal(t, 1, credential.Requests())
	time.Sleep(10 * time.Hour)
	assert.Greater(t, credential.Requests(), 8, "renewed ahead of need")

	closePool()
	closed := credential.Requests()
	time.Sleep(10 * time.Hour)
	assert.Equal(t, closed, credential.Requests(), "a closed pool renews nothing")
}

// ClosedDatabasesLeaveNothing opens and closes 50 databases, in a bubble of its
// own: neither a goroutine nor a renewal is left. Start is InBubble with arguments.
func ClosedDatabasesLeaveNothing[S Server](t *testing.T, start func(*testing.T) (S, *ShortLived, *passwordless.Options), open func(*passwordless.Options) (*sql.DB, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := start(t)
		for range 50 {
			db, err := open(o)
			require.NoError(t, err)
			require.NoError(t, db.PingContext(t.Context()))
			require.NoError(t, db.Close())
		}
		requests := credential.Requests()
		time.Sleep(10 * time.Hour)
		assert.Equal(t, requests, credential.Requests())
		require.NoError(t, server.Close())
	}) // which fails if a goroutine is left
}
