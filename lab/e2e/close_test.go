package e2e_test

import (
	"bytes"
	"database/sql"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/postgres"
)

func TestFiftyClosedDatabasesLeaveNothing(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.Transport().CloseIdleConnections()
	before := goroutines()
	var roles []string
	var dbs []*sql.DB
	var conns []io.Closer
	for range 10 {
		id := s.userAssigned(t)
		roles = append(roles, id.Name)
		options := s.options()
		options.Transport = nil // the library's own, as in a program
		for range 5 {
			db, err := postgres.OpenDB(s.libpq(id.Name)+" client_id="+id.ClientID, options)
			require.NoError(t, err)
			dbs = append(dbs, db)
			for range 2 {
				conn, err := db.Conn(limited(t))
				require.NoError(t, err)
				conns = append(conns, conn)
			}
		}
	}
	assert.Equal(t, 100, s.sessions(t, roles...))
	assert.Len(t, statusesOf(roles...), 50)
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
	for _, db := range dbs {
		require.NoError(t, db.Close())
		require.NoError(t, db.Close(), "again")
	}
	assert.Empty(t, statusesOf(roles...))
	await(t, "the server has no connection", func() bool { return s.sessions(t, roles...) == 0 })
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

// A connector that was never closed, and of which nothing is left, is forgotten.
func TestDroppedConnectorIsCollected(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "")
	func() {
		c, err := postgres.NewConnector(text, s.options())
		require.NoError(t, err)
		conn, err := c.Connect(limited(t))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Len(t, statusesOf(role), 1)
	}()
	awaitCollected(t, role)
}

func TestConnectAfterClose(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "")
	c, err := postgres.NewConnector(text, s.options())
	require.NoError(t, err)
	first, second := sql.OpenDB(c), sql.OpenDB(c) // as otelsql does: one is closed, the other goes on
	requireUser(t, role, first)
	require.NoError(t, first.Close())
	assert.Empty(t, statusesOf(role))
	requireUser(t, role, second)
	require.NoError(t, second.Close())
	conn, err := c.Connect(limited(t))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	assert.Equal(t, uint64(1), c.Status().Token.Requests)
	assert.Empty(t, statusesOf(role))
}

// Tokens live four seconds here. Until they have expired only what is open asks for new ones.
func TestRenewalEndsWithClose(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	open := func(use func(text string)) azuretest.Identity {
		id := s.userAssigned(t)
		s.inject(t, azuretest.Fault{Identity: id.ClientID, Lifetime: 4 * time.Second})
		use(s.libpq(id.Name) + " client_id=" + id.ClientID)
		return id
	}
	mark := s.mark()
	renewed := open(func(text string) { requirePing(t, openDB(t, text, s.options())) })
	kept := open(func(text string) { requirePoolPing(t, openPool(t, text, s.options())) })
	closed := []azuretest.Identity{
		open(func(text string) {
			db, err := postgres.OpenDB(text, s.options())
			require.NoError(t, err)
			requirePing(t, db)
			require.NoError(t, db.Close())
		}),
		open(func(text string) {
			pool, err := postgres.NewPool(limited(t), text, s.options())
			require.NoError(t, err)
			requirePoolPing(t, pool)
			pool.Close()
			runtime.KeepAlive(pool)
		}),
		open(func(text string) { // a pool without a connection needs no token
			pool := openPool(t, text, s.options())
			requirePoolPing(t, pool)
			pool.Reset()
		}),
	}
	all := time.Now().Add(4 * time.Second)
	await(t, "all those tokens have expired", func() bool { return time.Now().After(all) })
	asked := map[string]int{}
	for _, request := range s.since(mark) {
		asked[request.Identity]++
	}
	assert.Greater(t, asked[renewed.ClientID], 1, "an open database")
	assert.Greater(t, asked[kept.ClientID], 1, "a pool with a connection")
	for _, id := range closed {
		assert.Equal(t, 1, asked[id.ClientID])
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

// statusesOf lists the live handles that log in as one of the roles.
func statusesOf(roles ...string) []connector.Status {
	var found []connector.Status
	for _, status := range connector.Statuses() {
		for _, role := range roles {
			if status.User == role {
				found = append(found, status)
			}
		}
	}
	return found
}

// awaitCollected returns when no handle of the roles is left.
func awaitCollected(t *testing.T, roles ...string) {
	t.Helper()
	await(t, "the handles are collected", func() bool {
		runtime.GC()
		return len(statusesOf(roles...)) == 0
	})
}

var goroutineID = regexp.MustCompile(`^goroutine (\d+) `)

// goroutines are the stacks of all there are, by number.
func goroutines() map[string]string {
	stacks := make([]byte, 1<<16)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			stacks = stacks[:n]
			break
		}
		stacks = make([]byte, 2*len(stacks))
	}
	all := map[string]string{}
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if id := goroutineID.FindSubmatch(stack); id != nil {
			all[string(id[1])] = string(stack)
		}
	}
	return all
}

// requireNoMore asserts that the goroutines that were not there before end.
func requireNoMore(t *testing.T, before map[string]string) {
	t.Helper()
	var left []string
	defer func() {
		if t.Failed() {
			t.Log(strings.Join(left, "\n\n"))
		}
	}()
	await(t, "no goroutine is left", func() bool {
		left = nil
		for id, stack := range goroutines() {
			if _, was := before[id]; !was {
				left = append(left, stack)
			}
		}
		return len(left) == 0
	})
}
