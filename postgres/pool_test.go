package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// openPool is a pool for the bench's server, closed with the test.
func openPool(t testing.TB, b *bench, more ...string) *pgxpool.Pool {
	t.Helper()
	pool, err := NewPool(t.Context(), b.DSN(more...), b.Options)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestPool(t *testing.T) {
	b := engine.Bench(t, nil)
	pool := openPool(t, b, "pool_max_conns=3 application_name=a")
	assert.Equal(t, int32(3), pool.Config().MaxConns)
	conns := make([]*pgxpool.Conn, 3)
	for i := range conns {
		var err error
		conns[i], err = pool.Acquire(t.Context())
		require.NoError(t, err)
		require.NoError(t, conns[i].Ping(t.Context()))
	}
	for _, c := range conns {
		c.Release()
	}
	assert.Len(t, b.Issuer.Issued(), 1)
	for _, l := range b.Server.Logins() {
		assert.Equal(t, map[string]string{"application_name": "a"}, l.Parameters)
		assert.NoError(t, l.Err)
	}
}

func TestPoolErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	_, err := NewPool(t.Context(), "host=h port=canary", b.Options)
	require.Error(t, err)
	_, err = NewPool(t.Context(), b.DSN("pool_max_conns=canary"), b.Options)
	require.EqualError(t, err, "passwordless: pool_max_conns: pgx does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)")

	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000", Message: "Azure AD access token not valid for role app (does not contain group ID 1)"}})
	err = openPool(t, b).Ping(t.Context())
	_, explained := errors.AsType[*passwordless.LoginError](err)
	require.False(t, explained)
	login := drivertest.LoginError(t, Explain(err))
	assert.Equal(t, "wrong-role", login.Anchor)
	assert.Contains(t, login.Hint, "the role is a group's")
	assert.Equal(t, b.Server.Addr(), login.Host)
	assert.Equal(t, "app", login.User)
	assert.Equal(t, "orders", login.Database)
	assert.NotEmpty(t, login.Identity)
	assert.ErrorContains(t, Explain(err), "add the identity to it")
	native, ok := errors.AsType[*pgconn.PgError](Explain(err))
	require.True(t, ok)
	assert.Equal(t, "28000", native.Code)
}

func TestExplainLeavesOthersAlone(t *testing.T) {
	require.NoError(t, Explain(nil))
	for _, err := range []error{
		errors.New("x"), &pgconn.PgError{Code: "23505"}, pgx.ErrNoRows,
		&passwordless.LoginError{ErrorInfo: passwordless.ErrorInfo{Err: errors.New("x")}},
	} {
		assert.True(t, err == Explain(err), "%v", err)
	}
}

func TestPoolAfterAnExpiredToken(t *testing.T) {
	b := engine.Bench(t, nil)
	pool := openPool(t, b)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	require.ErrorContains(t, pool.Ping(t.Context()), "expired")
	require.NoError(t, pool.Ping(t.Context()), "the next login has a new token")
	assert.Len(t, b.Issuer.Issued(), 2)
}

func TestPoolAfterAnotherRefusal(t *testing.T) {
	b := engine.Bench(t, nil)
	pool := openPool(t, b)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28P01", Message: "password authentication failed"}, Times: 1})
	require.Error(t, pool.Ping(t.Context()))
	require.NoError(t, pool.Ping(t.Context()))
}
