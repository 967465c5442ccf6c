package postgres

import (
	"database/sql"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
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
	open := func(settings string, o *passwordless.Options) (*Connector, error) {
		return NewConnector(inBubbleDSN+settings, o)
	}
	drivertest.LoginsWithoutADeadlineEnd(t, inBubble, open, map[string]time.Duration{"": 30 * time.Second, "connect_timeout=7": 7 * time.Second})
}

func TestClosedDatabasesLeaveNothing(t *testing.T) {
	drivertest.ClosedDatabasesLeaveNothing(t, inBubble, func(o *passwordless.Options) (*sql.DB, error) { return OpenDB(inBubbleDSN, o) })
}
