package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

func TestOpenFromEnvironment(t *testing.T) {
	cloud := azuretest.New(t, nil)
	server, err := cloud.StartPostgres(nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "aad_orders"})
	ca := t.TempDir() + "/ca.pem"
	require.NoError(t, cloud.CA().WriteFile(ca))
	for name, value := range map[string]string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING": "host=127.0.0.1 port=" + strconv.Itoa(server.Port()) + " dbname=orders sslmode=require user=aad_orders",
		"AZURE_POSTGRESQL_CLIENTID":         id.ClientID,
		"PASSWORDLESS_TRUSTED_HOSTS":        "127.0.0.1",
		"PASSWORDLESS_CA_FILE":              ca,
	} {
		t.Setenv(name, value)
	}
	for _, variable := range cloud.AppServiceEnviron() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}

	db, err := sql.Open(DriverName, "")
	require.NoError(t, err)
	assert.Zero(t, cloud.TokenRequests(), "nothing is asked for before the first Connect")
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	assert.Equal(t, 1, cloud.TokenRequests())
	logins := server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, "aad_orders", logins[0].User)
	assert.Equal(t, "orders", logins[0].Database)
	assert.True(t, logins[0].TLS)
	assert.Empty(t, logins[0].Parameters)
	require.NoError(t, logins[0].Err)

	conn, err := Driver{}.Open("")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func TestOpenReportsBadStrings(t *testing.T) {
	_, err := sql.Open(DriverName, "host=h port=canary user=u")
	parseError, ok := errors.AsType[*dsn.ParseError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "port", parseError.Key)
	assert.NotContains(t, err.Error(), "canary")

	_, err = Driver{}.Open("host=h port=canary user=u")
	require.Error(t, err)

	c, err := Driver{}.OpenConnector("host=h port=canary user=u")
	require.Error(t, err)
	assert.True(t, c == nil, "not a nil *Connector in an interface")

	b := newBench(t, nil)
	_, err = NewConnector(b.dsn("default_query_exec_mode=canary"), b.options)
	require.EqualError(t, err, "connector: default_query_exec_mode: pgx does not take the value of this parameter of the connection (see TROUBLESHOOTING.md#parameters)")
}

func TestParametersReachTheServer(t *testing.T) {
	b := newBench(t, nil)
	t.Setenv("PGAPPNAME", "evil")
	t.Setenv("PGPASSWORD", "evil")
	t.Setenv("PGSSLMODE", "disable")
	t.Setenv("PGSERVICE", "nonsense")
	t.Setenv("PGCHANNELBINDING", "require")
	t.Setenv("PGREQUIREAUTH", "none")
	require.NoError(t, connect(t, b.connector(t, "application_name='my app' search_path=a,b pool_max_conns=3")))
	logins := b.server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, map[string]string{"application_name": "my app", "search_path": "a,b"}, logins[0].Parameters)
	assert.Len(t, b.issuer.issued()[0], logins[0].PasswordLength)
}

func TestRawIsPgx(t *testing.T) {
	b := newBench(t, nil)
	conn, err := b.db(t, "").Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Raw(func(dc any) error {
		native, ok := dc.(*stdlib.Conn)
		require.True(t, ok, "%T", dc)
		return native.Conn().Ping(t.Context())
	}))
}

func TestOneTokenForManyConnections(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	errs := make(chan error)
	for range 50 {
		go func() { errs <- connect(t, c) }()
	}
	for range 50 {
		require.NoError(t, <-errs)
	}
	assert.Len(t, b.issuer.issued(), 1)
	assert.Len(t, b.server.Logins(), 50)
}

func TestExpiredTokenIsRetriedOnce(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	b.server.Inject(azuretest.ExpiredToken().Times(1))
	require.NoError(t, connect(t, c))
	assert.Len(t, b.issuer.issued(), 2)

	b.server.Inject(azuretest.ExpiredToken())
	err := connect(t, c)
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "token-expired", login.Anchor)
	assert.Len(t, b.issuer.issued(), 3)
	assert.Len(t, b.server.Logins(), 5)
}

func TestOtherRefusalsAreNotRetried(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.PostgresRefuse("28P01", `password authentication failed for user "app"`, ""))
	err := connect(t, b.connector(t, ""))
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, dsn.PostgreSQL, login.Engine)
	assert.Equal(t, b.server.Addr(), login.Host)
	assert.Equal(t, "orders", login.Database)
	assert.Equal(t, "app", login.User)
	assert.NotEmpty(t, login.Identity)
	assert.Equal(t, "no-entra-role", login.Anchor)
	native, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok)
	assert.Equal(t, "28P01", native.Code)
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	require.True(t, ok)
	assert.Empty(t, failed.Config.Password, "the token must not stay in the error")
	assert.Len(t, b.server.Logins(), 1)
}

func TestRoleWithPassword(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{
		"SCRAM": azuretest.AskSCRAM(), "MD5": azuretest.AskMD5(),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.server.Inject(fault)
			err := connect(t, b.connector(t, ""))
			login, ok := errors.AsType[*connector.LoginError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "role-with-password", login.Anchor)
			assert.ErrorContains(t, err, "not a Microsoft Entra role")
			require.NoError(t, b.server.Close())
			assert.Zero(t, b.server.Logins()[0].PasswordLength)
		})
	}
}

func TestContextEndsTheLogin(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.Silent())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := b.connector(t, "").Connect(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	_, err = b.connector(t, "connect_timeout=1").Connect(t.Context())
	require.Error(t, err)
	assert.True(t, pgconn.Timeout(err), "%v", err)
}

func TestCloseIsIdempotent(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.NoError(t, connect(t, c))
	assert.Equal(t, Driver{}, c.Driver())

	// Two databases on one connector: closing the first leaves the second working.
	first, second := sql.OpenDB(c), sql.OpenDB(c)
	require.NoError(t, first.PingContext(t.Context()))
	require.NoError(t, first.Close())
	require.NoError(t, second.PingContext(t.Context()))
	require.NoError(t, second.Close())
	assert.Equal(t, "orders", c.Status().Database)
}

func TestPasswordLogin(t *testing.T) {
	b := newBench(t, &azuretest.PostgresOptions{Passwords: map[string]string{"app": "s3cret"}})
	b.options.Credential = nil
	require.NoError(t, connect(t, b.connector(t, "password=s3cret")))

	err := connect(t, b.connector(t, "password=wrong"))
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "wrong-password", login.Anchor)
	assert.NotContains(t, err.Error(), "password=")

	// Without TLS, because the string says so: but not in clear text.
	b.server.Inject(azuretest.Plaintext())
	err = connect(t, b.connector(t, "password=s3cret sslmode=disable"))
	require.Error(t, err)
	require.NoError(t, b.server.Close())
	assert.Empty(t, b.server.Plaintext())
}
