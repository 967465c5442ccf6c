package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

func (b *bench) pool(t testing.TB, more string) *pgxpool.Pool {
	t.Helper()
	pool, err := NewPool(t.Context(), b.dsn(more), b.options)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestPool(t *testing.T) {
	b := newBench(t, nil)
	pool := b.pool(t, "pool_max_conns=3 application_name=a")
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
	assert.Len(t, b.issuer.issued(), 1)
	for _, l := range b.server.Logins() {
		assert.Equal(t, map[string]string{"application_name": "a"}, l.Parameters)
		assert.NoError(t, l.Err)
	}
}

func TestPoolErrors(t *testing.T) {
	b := newBench(t, nil)
	_, err := NewPool(t.Context(), "host=h port=canary", b.options)
	require.Error(t, err)
	_, err = NewPool(t.Context(), b.dsn("pool_max_conns=canary"), b.options)
	require.EqualError(t, err, "connector: pool_max_conns: pgx does not take the value of this parameter of the connection (see TROUBLESHOOTING.md#parameters)")

	b.server.Inject(azuretest.PostgresRefuse("28000", "Azure AD access token not valid for role app (does not contain group ID 1)", ""))
	err = b.pool(t, "").Ping(t.Context())
	_, explained := errors.AsType[*connector.LoginError](err)
	require.False(t, explained)
	login, ok := errors.AsType[*connector.LoginError](Explain(err))
	require.True(t, ok)
	assert.Equal(t, "not-in-group", login.Anchor)
	assert.Equal(t, b.server.Addr(), login.Host)
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
		&connector.LoginError{Err: errors.New("x")},
	} {
		assert.True(t, err == Explain(err), "%v", err)
	}
}

func TestPoolAfterAnExpiredToken(t *testing.T) {
	b := newBench(t, nil)
	pool := b.pool(t, "")
	b.server.Inject(azuretest.ExpiredToken().Times(1))
	require.ErrorContains(t, pool.Ping(t.Context()), "expired")
	require.NoError(t, pool.Ping(t.Context()), "the next login has a new token")
	assert.Len(t, b.issuer.issued(), 2)
}

func TestPoolAfterAnotherRefusal(t *testing.T) {
	b := newBench(t, nil)
	pool := b.pool(t, "")
	b.server.Inject(azuretest.PostgresRefuse("28P01", "password authentication failed", "").Times(1))
	require.Error(t, pool.Ping(t.Context()))
	require.NoError(t, pool.Ping(t.Context()))
}
