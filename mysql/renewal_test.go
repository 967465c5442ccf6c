package mysql

import (
	"context"
	"crypto/x509"
	"database/sql"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// hourly is a credential whose tokens live an hour.
type hourly struct{ requests atomic.Int32 }

func (h *hourly) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token " + string('a'+h.requests.Add(1)%26), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// inBubble starts a server for use inside a synctest bubble, where time is the
// test's, and returns options to reach it.
func inBubble(t *testing.T) (*azuretest.MySQLServer, *hourly, *connector.Options) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	server, err := azuretest.NewMySQLServer(ca, &azuretest.MySQLOptions{
		Names:  []string{"srv.mysql.database.azure.com"},
		Verify: func(string, string) error { return nil },
	})
	require.NoError(t, err)
	credential := new(hourly)
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

const inBubbleDSN = "app@tcp(srv.mysql.database.azure.com)/?tls=true"

func TestConfigurationIsRenewedWhileItHasConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t)
		cfg := mysql.NewConfig()
		require.NoError(t, Configure(cfg, inBubbleDSN, o))
		native, err := mysql.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(native)
		time.Sleep(10 * time.Hour)
		assert.Zero(t, credential.requests.Load(), "nothing is asked for before the first connection")
		require.NoError(t, db.PingContext(t.Context()))
		require.Equal(t, int32(1), credential.requests.Load())
		time.Sleep(10 * time.Hour)
		assert.Greater(t, credential.requests.Load(), int32(8), "renewed ahead of need")

		require.NoError(t, db.Close())
		closed := credential.requests.Load()
		time.Sleep(10 * time.Hour)
		assert.Equal(t, closed, credential.requests.Load(), "a closed pool renews nothing")
		require.NoError(t, server.Close())
	})
}

func TestLoginWithoutADeadlineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t)
		server.Inject(azuretest.Silent())
		for settings, want := range map[string]time.Duration{"": 30 * time.Second, "&timeout=7s": 30 * time.Second, "&timeout=70s": 70 * time.Second, "&readTimeout=7s": 7 * time.Second} {
			c, err := NewConnector(inBubbleDSN+settings, o)
			require.NoError(t, err)
			start := time.Now()
			_, err = c.Connect(context.Background())
			require.Error(t, err)
			assert.Equal(t, want, time.Since(start), settings)

			start = time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_, err = c.Connect(ctx)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 5*time.Second, time.Since(start))
			require.NoError(t, c.Close())
		}
		require.NoError(t, server.Close())
	})
}

func TestClosedDatabasesLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t)
		for range 50 {
			db, err := OpenDB(inBubbleDSN, o)
			require.NoError(t, err)
			require.NoError(t, db.PingContext(t.Context()))
			require.NoError(t, db.Close())
		}
		requests := credential.requests.Load()
		time.Sleep(10 * time.Hour)
		assert.Equal(t, requests, credential.requests.Load())
		require.NoError(t, server.Close())
	}) // which fails if a goroutine is left
}
