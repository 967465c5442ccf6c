//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

func startReal(t *testing.T, cloud *azuretest.Cloud, o *Options) *Server {
	t.Helper()
	Require(t)
	return labtest.Running(t, startInstalled, cloud, o)
}

// database is that of the shared server.
const database = "my db's"

var shared = labtest.Share(startInstalled, &Options{Users: []string{"app"}, Database: database})

func TestMain(m *testing.M) { labtest.Main(m) }

// sharedPostgres is a server with the user "app" and its cloud, for tests that do not disturb each other.
func sharedPostgres(t *testing.T) (*azuretest.Cloud, *Server) {
	t.Helper()
	Require(t)
	return shared.Get(t)
}

func TestPostgresLeavesNothing(t *testing.T) {
	Require(t)
	cloud := azuretest.New(t)
	before := runtime.NumGoroutine()
	for range 2 {
		p, err := startInstalled(labtest.Limited(t), cloud, &Options{Users: []string{"app"}})
		require.NoError(t, err)
		engine := p.cluster
		conn, err := pgx.ConnectConfig(labtest.Limited(t), loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app")))
		require.NoError(t, err) // left open: Close ends it

		require.NoError(t, p.Close())
		require.NoError(t, p.Close(), "a second Close")
		assert.NoDirExists(t, engine.Dir())
		assert.True(t, engine.Ended())
		labtest.RequireClosed(t, p.Addr())
		require.Error(t, conn.Ping(labtest.Limited(t)))
	}
	require.NoError(t, daemon.Poll(labtest.Limited(t), func(context.Context) (bool, error) {
		return runtime.NumGoroutine() <= before, nil
	}), "goroutines are left")
}

func TestPostgresRestarts(t *testing.T) {
	cloud, p := sharedPostgres(t)
	config, address := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app")), p.Addr()
	conn, err := pgx.ConnectConfig(labtest.Limited(t), config)
	require.NoError(t, err)
	require.NoError(t, p.Restart(labtest.Limited(t)))
	require.Error(t, conn.Ping(labtest.Limited(t)))
	assert.Equal(t, address, p.Addr())
	conn, err = pgx.ConnectConfig(labtest.Limited(t), config)
	require.NoError(t, err)
	assert.NoError(t, conn.Close(labtest.Limited(t)))
}

func TestPostgresServerChecksToken(t *testing.T) {
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app@contoso.com"})
	other := cloud.AddUserAssigned(azuretest.Identity{Name: "other, with=specials+\\"})
	elsewhere := azuretest.New(t)
	p := startReal(t, cloud, &Options{Users: []string{app.Name, other.Name}})
	tests := []struct {
		name, user, password string
		state                string // "": accepted
		log                  string
	}{
		{"good", app.Name, cloud.Mint(app, azuretest.OSSRDBMSAudience), "", ""},
		{"name with special characters", other.Name, cloud.Mint(other, azuretest.OSSRDBMSAudience), "", ""},
		{"60 KB", app.Name, cloud.Mint(frontendtest.Padded(app, 60<<10), azuretest.OSSRDBMSAudience), "", ""},
		{"expired", app.Name, cloud.Mint(frontendtest.Living(app, -time.Minute), azuretest.OSSRDBMSAudience), "28000", "expired"},
		{"wrong audience", app.Name, cloud.Mint(app, azuretest.SQLAudience), "28000", "another resource"},
		{"foreign signature", app.Name, frontendtest.Forged(cloud.Mint(app, azuretest.OSSRDBMSAudience)), "28000", "not signed by this cloud"},
		{"another cloud's", app.Name, labtest.TokenOf(elsewhere, app.Name), "28000", "not signed by this cloud"},
		{"another user's", app.Name, cloud.Mint(other, azuretest.OSSRDBMSAudience), "28000", "issued to"},
		{"not a token", app.Name, "hunter2", "28000", "not a signed JWT"},
		{"empty", app.Name, "", "28P01", "empty password"},
		{"unknown role", "nobody", labtest.TokenOf(cloud, "nobody"), "28P01", "does not exist"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, err := connect(t, cloud, p, test.user, test.password)
			if test.state == "" {
				require.NoError(t, err)
				var user, database string
				require.NoError(t, conn.QueryRow(t.Context(), "select current_user, current_database()").Scan(&user, &database))
				assert.Equal(t, test.user, user)
				assert.Equal(t, "app", database)
				return
			}
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, test.state, refused.Code)
			assert.Equal(t, "FATAL", refused.Severity)
			assert.Contains(t, p.Log(), test.log)
			if test.password != "" {
				assert.NotContains(t, p.Log(), test.password)
			}
		})
	}
}

func TestPostgresRefusesWithoutTLS(t *testing.T) {
	cloud, p := sharedPostgres(t)
	cfg := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	cfg.TLSConfig = nil
	_, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
	require.ErrorContains(t, err, "no encryption")
}

func TestPostgresCertificateNames(t *testing.T) {
	cloud := azuretest.New(t)
	const name = "db.postgres.database.azure.com"
	p := startReal(t, cloud, &Options{Users: []string{"app"}, Names: []string{name}, Database: "orders"})
	cfg := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	_, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
	var wrongName *tls.CertificateVerificationError
	require.ErrorAs(t, err, &wrongName)

	cfg.TLSConfig.ServerName = name
	conn, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
	require.NoError(t, err)
	var database string
	require.NoError(t, conn.QueryRow(t.Context(), "select current_database()").Scan(&database))
	assert.Equal(t, "orders", database)
	require.NoError(t, conn.Close(t.Context()))
}

func TestPostgresManyLogins(t *testing.T) {
	cloud, p := sharedPostgres(t)
	cfg := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	ctx := labtest.Limited(t)
	errs := make([]error, 50)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			conn, err := pgx.ConnectConfig(ctx, cfg)
			if err == nil {
				_, err = conn.Exec(ctx, "select 1")
				err = errors.Join(err, conn.Close(ctx))
			}
			errs[i] = err
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestPostgresRoles(t *testing.T) {
	cloud, p := sharedPostgres(t)
	ctx := labtest.Limited(t)
	second, quoted := labtest.Unique("second"), labtest.Unique("it's")
	require.NoError(t, p.CreateUser(ctx, second))
	require.NoError(t, p.CreatePasswordUser(ctx, quoted, `p'ass\word`))
	require.ErrorContains(t, p.CreateUser(ctx, second), "already exists")
	require.ErrorContains(t, p.CreateUser(ctx, strings.Repeat("x", 64)), "1 to 63 bytes")
	require.ErrorContains(t, p.CreatePasswordUser(ctx, "x", ""), "empty")

	conn, err := connect(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "create table "+second+" (id int); insert into "+second+" values (1)")
	require.NoError(t, err)

	_, err = connect(t, cloud, p, quoted, `p'ass\word`)
	require.NoError(t, err)
	_, err = connect(t, cloud, p, quoted, labtest.TokenOf(cloud, quoted))
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused, "a password role's token is a wrong password")
	assert.Equal(t, "28P01", refused.Code)
}

func TestPostgresPrivateSocket(t *testing.T) {
	cloud, p := sharedPostgres(t)
	ctx := labtest.Limited(t)
	conninfo, err := p.BackendConninfo()
	require.NoError(t, err)
	super, err := pgx.Connect(ctx, conninfo)
	require.NoError(t, err)
	defer super.Close(context.WithoutCancel(ctx))
	var isSuper string
	require.NoError(t, super.QueryRow(ctx, "show is_superuser").Scan(&isSuper))
	assert.Equal(t, "on", isSuper)

	front, err := postgresfront.Start(cloud, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Backend: conninfo + " user=app"}})
	require.NoError(t, err)
	defer front.Close()
	cfg := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	cfg.Port = uint16(front.Port())
	conn, err := pgx.ConnectConfig(ctx, cfg)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(ctx))
	var user, got string
	require.NoError(t, conn.QueryRow(ctx, "select current_user, current_database()").Scan(&user, &got))
	assert.Equal(t, "app", user)
	assert.Equal(t, database, got)
}

func TestPostgresStartGivesUpWithItsContext(t *testing.T) {
	Require(t)
	cloud := azuretest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := startInstalled(ctx, cloud, nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, lab.ErrNotInstalled)
}
