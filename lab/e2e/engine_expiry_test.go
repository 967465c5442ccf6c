package e2e_test

import (
	"context"
	"database/sql"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/mysql"
)

func TestEngineServerSaysExpired(t *testing.T) { onEachSite(t, serverSaysExpired) }

func TestEngineExpiredTwiceIsAnError(t *testing.T) { onEachSite(t, expiredTwiceIsAnError) }

func TestEngineNoNewTokenMeansNoSecondLogin(t *testing.T) {
	onEachSite(t, noNewTokenMeansNoSecondLogin)
}

func TestEngineExpiredAndNoToken(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		refused := expiredAndNoToken(t, b.site())
		assert.NotZero(t, b.code(refused), "the server's own error: %v", refused)
	})
}

func TestEngineRetryObeysTheContext(t *testing.T) { onEachSite(t, retryObeysTheContext) }

// A service principal whose tenant the server has named gets its second token like any other.
func TestExpiredServicePrincipalWithoutTenant(t *testing.T) {
	b := sqlServer.on(t)
	app, f := b.admitPrincipal(t), b.newFront(t)
	o := b.options(b.authority(), b.connectionString(b.toFront(f, "")), b.clientID(app), b.prefix+"CLIENTSECRET="+app.Secret)
	requireReplaced(t, f, o, func() opened { return b.connector(t, "", o) })
}

// With Configure no one tries a login again, but Explain tells what is to be done.
func TestConfiguredMySQLIsToldOfAnExpiredToken(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id, f := b.userAssigned(t), b.newFront(t)
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})()
	db := b.configured(t, b.toFront(f, id.Name, "client_id="+id.ClientID), b.options())

	err := db.PingContext(limited(t))
	require.ErrorAs(t, err, new(*gomysql.MySQLError))
	requireLoginError(t, mysql.Explain(err), "token-expired", "expired")
	require.Len(t, f.Logins(), 1)
	require.NoError(t, db.PingContext(limited(t)))
}

// configured is a database of the caller's own configuration, until the test ends.
func (b *bench) configured(t *testing.T, text string, o *passwordless.Options) *sql.DB {
	t.Helper()
	cfg := gomysql.NewConfig()
	cfg.Logger = &gomysql.NopLogger{}
	return openConfigured(t, cfg, text, o)
}

func TestEngineLoginsAfterTheTokenHasExpired(t *testing.T) {
	onEachSiteAtOnce(t, func(t *testing.T, b *bench, x *site) {
		old := loginsAfterTheTokenHasExpired(t, x, func(id azuretest.Identity) func(context.Context) error {
			return b.db(t, b.to(id.Name, "client_id="+id.ClientID), b.options()).PingContext
		})
		err := old.PingContext(limited(t))
		if b.engine == &mySQL {
			assert.NoError(t, err, "the session outlives its token")
			return
		}
		// Azure SQL looks at the token again. A sql.Conn that is held is not retired before.
		assert.Equal(t, 37396, b.code(err), "%v", err)
	})
}

// The pool with its idle connections is SQL Server's test: it must not use one whose token has expired.
func TestEnginePoolsOutliveTheirTokens(t *testing.T) {
	onEachSiteAtOnce(t, func(t *testing.T, b *bench, x *site) {
		poolsOutliveTheirTokens(t, x, func(id azuretest.Identity) func(context.Context) error {
			db := b.db(t, b.to(id.Name, "client_id="+id.ClientID), b.options())
			return func(ctx context.Context) error {
				var user string
				err := db.QueryRowContext(ctx, b.whoami).Scan(&user)
				assert.Equal(t, id.Name, user)
				return err
			}
		})
	})
}
