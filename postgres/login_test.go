package postgres

import (
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

func TestParametersReachTheServer(t *testing.T) {
	b := engine.Bench(t, nil)
	t.Setenv("PGAPPNAME", "evil")
	t.Setenv("PGPASSWORD", "evil")
	t.Setenv("PGSSLMODE", "disable")
	t.Setenv("PGSERVICE", "nonsense")
	t.Setenv("PGCHANNELBINDING", "require")
	t.Setenv("PGREQUIREAUTH", "none")
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "application_name='my app' search_path=a,b pool_max_conns=3")))
	logins := b.Server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, map[string]string{"application_name": "my app", "search_path": "a,b"}, logins[0].Parameters)
	assert.Len(t, b.Issuer.Issued()[0], logins[0].PasswordLength)
}

func TestRawIsPgx(t *testing.T) {
	b := engine.Bench(t, nil)
	db := sql.OpenDB(b.Connector(t))
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Raw(func(dc any) error {
		native, ok := dc.(*stdlib.Conn)
		require.True(t, ok, "%T", dc)
		return native.Conn().Ping(t.Context())
	}))
}

func TestRoleWithPassword(t *testing.T) {
	for _, kind := range []azuretest.ServerFaultKind{azuretest.AskSCRAM, azuretest.AskMD5} {
		b := engine.Bench(t, nil)
		b.AssertRefused(t, azuretest.ServerFault{Kind: kind}, "role-with-password", "not a Microsoft Entra role")
		assert.Zero(t, b.Server.Logins()[0].PasswordLength, kind)
	}
}

func TestConnectTimeoutEndsTheLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	_, err := b.Connector(t, "connect_timeout=1").Connect(t.Context())
	require.Error(t, err)
	assert.True(t, pgconn.Timeout(err), "%v", err)
}

func TestPasswordLogin(t *testing.T) {
	b := engine.Bench(t, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "s3cret"}}})
	b.Options.Credential = nil
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "password=s3cret")))

	err := drivertest.Connect(t, b.Connector(t, "password=wrong"))
	login := drivertest.LoginError(t, err)
	assert.Equal(t, "wrong-password", login.Anchor)
	assert.NotContains(t, err.Error(), "password=")

	// Without TLS, because the string says so: but not in clear text.
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	err = drivertest.Connect(t, b.Connector(t, "password=s3cret sslmode=disable"))
	require.Error(t, err)
	require.NoError(t, b.Server.Close())
	assert.Empty(t, b.Server.Plaintext())
}
