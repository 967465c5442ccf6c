package postgres

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// events records what an ActiveSet says.
type events struct {
	mu  sync.Mutex
	all []bool // guarded by mu
}

func (e *events) add(active bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, active)
}

func (e *events) list() []bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bool(nil), e.all...)
}

// followed makes a pool for the bench's server that reports to events.
func followed(t *testing.T, b *bench, change func(*pgxpool.Config)) (*pgxpool.Pool, *events) {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(b.DSN())
	require.NoError(t, err)
	require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
	change(cfg)
	e := new(events)
	follow(cfg, sqlopen.NewActiveSet[weak.Pointer[pgx.Conn]](e.add))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool, e
}

func TestActiveSetFollowsThePool(t *testing.T) {
	b := engine.Bench(t, nil)
	fail := errors.New("not this one")
	var refuse int
	var closed atomic.Int32
	pool, e := followed(t, b, func(cfg *pgxpool.Config) {
		cfg.AfterConnect = func(context.Context, *pgx.Conn) error {
			if refuse > 0 {
				refuse--
				return fail
			}
			return nil
		}
		cfg.BeforeClose = func(*pgx.Conn) { closed.Add(1) }
	})
	assert.Equal(t, []bool{false}, e.list())
	refuse = 1
	require.ErrorIs(t, pool.Ping(t.Context()), fail)
	assert.Equal(t, []bool{false}, e.list(), "a connection that AfterConnect refused does not count")

	a, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	c, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []bool{false, true}, e.list())
	a.Release()
	c.Release()
	pool.Close()
	assert.Equal(t, []bool{false, true, false}, e.list())
	assert.Equal(t, int32(2), closed.Load())
}

func TestActiveSetLosesHijackedConnections(t *testing.T) {
	b := engine.Bench(t, nil)
	pool, e := followed(t, b, func(*pgxpool.Config) {})
	func() {
		c, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Hijack().Close(t.Context()))
	}()
	pool.Close()
	require.Eventually(t, func() bool {
		runtime.GC()
		return len(e.list()) == 3
	}, 10*time.Second, time.Millisecond)
	assert.Equal(t, []bool{false, true, false}, e.list())
}
