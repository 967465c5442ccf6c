package postgres

import (
	"database/sql"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// inBubble starts a server for use inside a synctest bubble, with tokens that live
// an hour.
func inBubble(t *testing.T) (*postgrestest.Server, *drivertest.ShortLived, *passwordless.Options) {
	t.Helper()
	return engine.InBubble(t, time.Hour, &postgrestest.Options{
		Names:  []string{"srv.postgres.database.azure.com"},
		Verify: func(string, string) error { return nil },
	})
}

const inBubbleDSN = "host=srv.postgres.database.azure.com user=app "

func TestPoolIsRenewedWhileItHasConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t)
		pool, err := NewPool(t.Context(), inBubbleDSN+"pool_min_conns=1 pool_max_conn_lifetime=100h", o)
		require.NoError(t, err)
		drivertest.RenewsUntilClosed(t, credential, pool.Ping, pool.Close)
		require.NoError(t, server.Close())
	})
}

func TestIdlePoolIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t)
		pool, err := NewPool(t.Context(), inBubbleDSN, o)
		require.NoError(t, err)
		time.Sleep(10 * time.Hour)
		assert.Zero(t, credential.Requests(), "nothing is asked for before the first connection")
		require.NoError(t, pool.Ping(t.Context()))
		time.Sleep(10 * time.Hour) // pgxpool closes idle connections after half an hour
		assert.LessOrEqual(t, credential.Requests(), 2)
		idle := credential.Requests()
		require.NoError(t, pool.Ping(t.Context()))
		assert.Equal(t, idle+1, credential.Requests())
		pool.Close()
		require.NoError(t, server.Close())
	})
}

func TestLoginWithoutADeadlineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t)
		server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
		for settings, want := range map[string]time.Duration{"": 30 * time.Second, "connect_timeout=7": 7 * time.Second} {
			c, err := NewConnector(inBubbleDSN+settings, o)
			require.NoError(t, err)
			drivertest.LoginEnds(t, c, want)
			require.NoError(t, c.Close())
		}
		require.NoError(t, server.Close())
	})
}

func TestClosedDatabasesLeaveNothing(t *testing.T) {
	drivertest.ClosedDatabasesLeaveNothing(t, inBubble, func(o *passwordless.Options) (*sql.DB, error) { return OpenDB(inBubbleDSN, o) })
}
