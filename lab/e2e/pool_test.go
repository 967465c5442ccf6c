package e2e_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/postgres"
)

func TestPoolSettingsOfTheString(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "pool_max_conns=7 pool_min_conns=3 pool_max_conn_lifetime=500ms")
	pool := openPool(t, text, s.options())
	assert.Equal(t, int32(7), pool.Config().MaxConns)
	await(t, "min_conns are open", func() bool { return pool.Stat().TotalConns() >= 3 })
	await(t, "a connection that is too old is closed", func() bool {
		requirePoolUser(t, role, pool)
		return pool.Stat().MaxLifetimeDestroyCount() > 0
	})
	assert.Equal(t, uint64(1), statusOf(t, role).Token.Requests)
}

// hooks notes the calls of a pool's hooks.
type hooks struct {
	mu    sync.Mutex
	calls []string
}

func (h *hooks) call(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, name)
}

func TestConfiguredPoolKeepsItsHooks(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "application_name=theirs search_path=pg_catalog")
	cfg, err := pgxpool.ParseConfig("application_name=mine pool_max_conns=1 default_query_exec_mode=exec")
	require.NoError(t, err)
	var h hooks
	cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		h.call("BeforeConnect")
		cc.RuntimeParams["timezone"] = "Asia/Kathmandu"
		return nil
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		h.call("AfterConnect")
		_, err := conn.Exec(ctx, "set statement_timeout = 4321")
		return err
	}
	cfg.PrepareConn = func(context.Context, *pgx.Conn) (bool, error) { h.call("PrepareConn"); return true, nil }
	cfg.AfterRelease = func(*pgx.Conn) bool { h.call("AfterRelease"); return true }
	cfg.BeforeClose = func(*pgx.Conn) { h.call("BeforeClose") }
	require.NoError(t, postgres.ConfigurePool(cfg, text, s.options()))
	pool, err := pgxpool.NewWithConfig(limited(t), cfg)
	require.NoError(t, err)
	requirePoolUser(t, role, pool)
	var got []string
	require.NoError(t, pool.QueryRow(limited(t), `select array[current_setting('application_name'), current_setting('search_path'),
		current_setting('statement_timeout'), current_setting('timezone')]`).Scan(&got))
	assert.Equal(t, []string{"mine", "pg_catalog", "4321ms", "Asia/Kathmandu"}, got)
	pool.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = slices.DeleteFunc(h.calls, func(name string) bool { return name == "AfterRelease" }) // by a goroutine of its own
	assert.Equal(t, []string{"BeforeConnect", "AfterConnect", "PrepareConn", "PrepareConn", "BeforeClose"}, h.calls)
}
