package mysql

import (
	"database/sql"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// inBubble starts a server for use inside a synctest bubble, with tokens that live
// an hour.
func inBubble(t *testing.T) (*mysqltest.Server, *drivertest.ShortLived, *passwordless.Options) {
	t.Helper()
	return engine.InBubble(t, time.Hour, &mysqltest.Options{
		Names:  []string{"srv.mysql.database.azure.com"},
		Verify: func(string, string) error { return nil },
	})
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
		assert.Zero(t, credential.Requests(), "nothing is asked for before the first connection")
		drivertest.RenewsUntilClosed(t, credential, db.PingContext, func() { require.NoError(t, db.Close()) })
		require.NoError(t, server.Close())
	})
}

func TestLoginWithoutADeadlineEnds(t *testing.T) {
	open := func(settings string, o *passwordless.Options) (*Connector, error) {
		return NewConnector(inBubbleDSN+settings, o)
	}
	drivertest.LoginsWithoutADeadlineEnd(t, inBubble, open, map[string]time.Duration{"": 30 * time.Second, "&timeout=7s": 30 * time.Second, "&timeout=70s": 70 * time.Second, "&readTimeout=7s": 7 * time.Second})
}

func TestClosedDatabasesLeaveNothing(t *testing.T) {
	drivertest.ClosedDatabasesLeaveNothing(t, inBubble, func(o *passwordless.Options) (*sql.DB, error) { return OpenDB(inBubbleDSN, o) })
}
