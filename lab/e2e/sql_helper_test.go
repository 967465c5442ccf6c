package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// ready is a new managed identity with a user, and a string for it with more parameters.
func (b *bench) ready(t *testing.T, more ...string) (user, text string) {
	t.Helper()
	b.onAppService(t)
	id := b.userAssigned(t)
	return id.Name, b.to(id.Name, append(more, b.key("client_id", id.ClientID))...)
}

// readyDB opens a database as ready's user.
func (b *bench) readyDB(t *testing.T, more ...string) *sql.DB {
	t.Helper()
	_, text := b.ready(t, more...)
	return b.db(t, text, b.options())
}

// rebound is a query with the engine's own marks for its parameters, written here as question marks.
func (b *bench) rebound(query string) string { return sqlx.Rebind(sqlx.BindType(b.name), query) }

var tables atomic.Int64

// newTable makes a table and returns its name.
func newTable(t *testing.T, db *sql.DB, columns string) string {
	t.Helper()
	name := fmt.Sprintf("t_%d", tables.Add(1))
	execute(t, db, "create table "+name+" ("+columns+")")
	return name
}

// execute runs statements that must succeed, on a database, connection or transaction.
func execute(t *testing.T, on interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, query string, args ...any) sql.Result {
	t.Helper()
	result, err := on.ExecContext(limited(t), query, args...)
	require.NoError(t, err, query)
	return result
}

// scan runs a query of one row, on a database, connection or transaction.
func scan(t *testing.T, on interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, query string, into ...any) {
	t.Helper()
	require.NoError(t, on.QueryRowContext(limited(t), query).Scan(into...), query)
}

// count is the number of rows in a table.
func count(t *testing.T, db *sql.DB, table string) (n int) {
	t.Helper()
	scan(t, db, "select count(*) from "+table, &n)
	return n
}

// Ways to run statements that a string can choose.
var statementModes = map[*engine][]string{
	&mySQL:     {"parseTime=true", "parseTime=true&interpolateParams=true", "parseTime=true&compress=true"},
	&sqlServer: {"", "encrypt=strict", "disableretry=true"},
}

// cutter breaks the connections that it has dialled.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conns = append(c.conns, conn)
	}
	return conn, err
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		tcp := conn.(*net.TCPConn)
		_, _ = tcp.CloseRead(), tcp.CloseWrite() // it may be closed already
	}
	c.conns = nil
}
