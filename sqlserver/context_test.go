package sqlserver

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// shortLived is a credential whose tokens live as long as it says, by the clock
// of the bubble, and are renewed shortly before their end.
type shortLived struct {
	life     time.Duration
	requests atomic.Int32
}

func (s *shortLived) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	n := s.requests.Add(1)
	return azcore.AccessToken{Token: unsigned(n, time.Now().Add(s.life)), ExpiresOn: time.Now().Add(s.life)}, nil
}

// inBubble starts a server for use inside a synctest bubble, where time is the
// test's, and returns options to reach it.
func inBubble(t *testing.T, life time.Duration, so *azuretest.SQLServerOptions) (*azuretest.SQLServer, *shortLived, *connector.Options) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	so.Names = []string{"srv.database.windows.net"}
	so.Verify = func(string) error { return nil }
	server, err := azuretest.NewSQLServer(ca, so)
	require.NoError(t, err)
	credential := &shortLived{life: life}
	return server, credential, &connector.Options{
		Credential: credential,
		RootCAs:    []*x509.Certificate{ca.Certificate()},
		Environ:    func() []string { return nil },
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, conn := net.Pipe()
			go server.ServeConn(t.Context(), conn)
			return client, nil
		},
	}
}

const inBubbleDSN = "server=srv.database.windows.net;database=orders;"

func TestLoginsEnd(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true;", "encrypt=strict;"} {
		synctest.Test(t, func(t *testing.T) {
			server, _, o := inBubble(t, time.Hour, &azuretest.SQLServerOptions{})
			server.Inject(azuretest.Silent())
			c, err := NewConnector(inBubbleDSN+encrypt, o)
			require.NoError(t, err)

			start := time.Now()
			_, err = c.Connect(context.Background())
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 30*time.Second, time.Since(start), "without a deadline")
			login, ok := errors.AsType[*connector.LoginError](err)
			require.True(t, ok)
			assert.Equal(t, "no-answer", login.Anchor)

			start = time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_, err = c.Connect(ctx)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 5*time.Second, time.Since(start), "with a deadline")

			start = time.Now()
			ctx, cancel = context.WithCancel(context.Background())
			time.AfterFunc(time.Second, cancel)
			_, err = c.Connect(ctx)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, time.Second, time.Since(start), "cancelled")

			require.NoError(t, c.Close())
			require.NoError(t, server.Close())
		}) // which fails if a goroutine is left
	}
}

// TestSlowServer ends the context at every step of a login in turn.
func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t, time.Hour, &azuretest.SQLServerOptions{})
		server.Inject(azuretest.Slow(time.Second))
		c, err := NewConnector(inBubbleDSN, o)
		require.NoError(t, err)
		var in time.Duration
		for in = 500 * time.Millisecond; ; in += time.Second {
			ctx, cancel := context.WithTimeout(context.Background(), in)
			start := time.Now()
			conn, err := c.Connect(ctx)
			cancel()
			if err == nil {
				require.NoError(t, conn.Close())
				break
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, in, time.Since(start))
		}
		assert.Greater(t, in, 2*time.Second, "there were steps")
		require.NoError(t, c.Close())
		require.NoError(t, server.Close())
	})
}

func TestDialTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t, time.Hour, &azuretest.SQLServerOptions{})
		o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		for settings, want := range map[string]time.Duration{"": 15 * time.Second, "dial timeout=7": 7 * time.Second} {
			c, err := NewConnector(inBubbleDSN+settings, o)
			require.NoError(t, err)
			start := time.Now()
			_, err = c.Connect(context.Background())
			login, ok := errors.AsType[*connector.LoginError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "no-answer", login.Anchor)
			assert.Equal(t, want, time.Since(start))
			require.NoError(t, c.Close())
		}
		require.NoError(t, server.Close())
	})
}

func TestContextEndsTheLogin(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.Silent())
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := b.connector(t, encrypt).Connect(ctx)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

// TestContextMayEndAfterTheLogin has contexts end around the end of the login: a
// connection that is returned works.
func TestContextMayEndAfterTheLogin(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	for i := range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		conn, err := c.Connect(ctx)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			continue
		}
		require.NoError(t, conn.(*Conn).Ping(t.Context()))
		require.NoError(t, conn.Close())
	}
}
