package e2e_test

import (
	"database/sql"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/postgres"
)

func TestFiftyClosedDatabasesLeaveNothing(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	fiftyClosedDatabasesLeaveNothing(t, s.site())
}

func fiftyClosedDatabasesLeaveNothing(t *testing.T, x *site) {
	t.Helper()
	x.Transport().CloseIdleConnections()
	before := goroutines()
	var users, ids []string
	var dbs []*sql.DB
	var conns []io.Closer
	for range 10 {
		id := x.userAssigned(t)
		users, ids = append(users, id.Name), append(ids, id.ClientID)
		options := x.options()
		options.Transport = nil // the library's own, as in a program
		for range 5 {
			db := pooled(t, x.connect(t, x.address, id, options, "client_id="+id.ClientID))
			dbs = append(dbs, db)
			for range 2 {
				conn, err := db.Conn(limited(t))
				require.NoError(t, err)
				conns = append(conns, conn)
			}
		}
	}
	await(t, "the server has all sessions", func() bool { return x.sessions(t, users...) == 100 })
	assert.Len(t, statusesOf(ids...), 50)
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
	for _, db := range dbs {
		require.NoError(t, db.Close())
		require.NoError(t, db.Close(), "again")
	}
	assert.Empty(t, statusesOf(ids...))
	await(t, "the server has no connection", func() bool { return x.sessions(t, users...) == 0 })
	requireNoMore(t, before)
}

// A closed pool is still known, for pgxpool has no hook that tells of the end; once dropped it is not.
func TestClosedPoolsLeaveNothing(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.Transport().CloseIdleConnections()
	before := goroutines()
	var roles []string
	for range 5 {
		id := s.userAssigned(t)
		roles = append(roles, id.Name)
		options := s.options()
		options.Transport = nil
		usePool(t, id.Name, func() (*pgxpool.Pool, error) {
			return postgres.NewPool(limited(t), s.libpq(id.Name)+" pool_min_conns=2 client_id="+id.ClientID, options)
		})
		usePool(t, id.Name, func() (*pgxpool.Pool, error) {
			cfg, err := pgxpool.ParseConfig("")
			require.NoError(t, err)
			require.NoError(t, postgres.ConfigurePool(cfg, s.libpq(id.Name)+" client_id="+id.ClientID, options))
			return pgxpool.NewWithConfig(limited(t), cfg)
		})
	}
	await(t, "the server has no connection", func() bool { return s.sessions(t, roles...) == 0 })
	awaitCollected(t, roles...)
	requireNoMore(t, before)
}

// usePool is a pool's whole life.
func usePool(t *testing.T, role string, open func() (*pgxpool.Pool, error)) {
	t.Helper()
	pool, err := open()
	require.NoError(t, err)
	requirePoolUser(t, role, pool)
	pool.Close()
}

func TestDroppedConnectorIsCollected(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	droppedConnectorIsCollected(t, s.site(), func(text string, o *passwordless.Options) (opened, error) { return postgres.NewConnector(text, o) })
}

// A connector that was never closed, and of which nothing is left, is forgotten.
func droppedConnectorIsCollected(t *testing.T, x *site, open func(string, *passwordless.Options) (opened, error)) {
	t.Helper()
	id := x.userAssigned(t)
	func() {
		c, err := open(x.text(x.address, id.Name, "client_id="+id.ClientID), x.options())
		require.NoError(t, err)
		require.NoError(t, openOnce(limited(t), c))
		require.Len(t, statusesOf(id.ClientID), 1)
	}()
	awaitCollected(t, id.ClientID)
}

func TestConnectAfterClose(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	connectAfterClose(t, s.site())
}

func connectAfterClose(t *testing.T, x *site) {
	t.Helper()
	id, c := x.managed(t, x.options())
	first, second := sql.OpenDB(c), sql.OpenDB(c) // as otelsql does: one is closed, the other goes on
	requirePing(t, first)
	require.NoError(t, first.Close())
	assert.Empty(t, statusesOf(id.ClientID))
	requirePing(t, second)
	require.NoError(t, second.Close())
	require.NoError(t, openOnce(limited(t), c))
	assert.Equal(t, uint64(1), c.Status().Token.Requests)
	assert.Empty(t, statusesOf(id.ClientID))
}

func TestRenewalEndsWithClose(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	renewalEndsWithClose(t, s.site(), []use{
		{"a pool with a connection", true, func(text string) { requirePoolPing(t, openPool(t, text, s.options())) }},
		{"a closed pool", false, func(text string) {
			pool, err := postgres.NewPool(limited(t), text, s.options())
			require.NoError(t, err)
			requirePoolPing(t, pool)
			pool.Close()
			runtime.KeepAlive(pool)
		}},
		{"a pool without a connection", false, func(text string) {
			pool := openPool(t, text, s.options())
			requirePoolPing(t, pool)
			pool.Reset()
		}},
	})
}

// use is something that a program does with a connection string, and whether it needs new tokens afterwards.
type use struct {
	name    string
	renewed bool
	do      func(text string)
}

// Tokens live four seconds here. Until they have expired only what is open asks for new ones.
func renewalEndsWithClose(t *testing.T, x *site, more []use) {
	t.Helper()
	uses := append([]use{
		{"an open database", true, func(text string) { requirePing(t, pooled(t, x.open(t, text, x.options()))) }},
		{"a closed database", false, func(text string) {
			db := pooled(t, x.open(t, text, x.options()))
			requirePing(t, db)
			require.NoError(t, db.Close())
		}},
	}, more...)
	ids, mark := make([]azuretest.Identity, len(uses)), x.mark()
	for i, use := range uses {
		ids[i] = x.userAssigned(t)
		x.inject(t, azuretest.Fault{Identity: ids[i].ClientID, Lifetime: 4 * time.Second})
		use.do(x.text(x.address, ids[i].Name, "client_id="+ids[i].ClientID))
	}
	all := time.Now().Add(4 * time.Second)
	await(t, "all those tokens have expired", func() bool { return time.Now().After(all) })
	for i, use := range uses {
		if asked := x.asked(mark, ids[i]); use.renewed {
			assert.Greater(t, asked, 1, use.name)
		} else {
			assert.Equal(t, 1, asked, use.name)
		}
	}
}

func requirePing(t *testing.T, db *sql.DB) {
	t.Helper()
	require.NoError(t, db.PingContext(limited(t)))
}

func requirePoolPing(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	require.NoError(t, pool.Ping(limited(t)))
}
