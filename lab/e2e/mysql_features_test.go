package e2e_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
)

// admin is MariaDB's administrator.
func (b *bench) admin(t *testing.T) *sql.DB {
	t.Helper()
	dsn, err := b.server.(*labmysql.Server).BackendDSN()
	require.NoError(t, err)
	db, err := sql.Open("mysql", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// running is the connections in which this user's statement runs.
func running(t *testing.T, admin *sql.DB, user, statement string) (ids []int64) {
	t.Helper()
	rows, err := admin.QueryContext(limited(t), "select id from information_schema.processlist where user = ? and info = ?", user, statement)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}

// The driver gives up the connection of a query that is cancelled; the pool opens another.
func TestMySQLCancelledQuery(t *testing.T) {
	b := mySQL.on(t)
	user, text := b.ready(t)
	db, admin := b.db(t, text, b.options()), b.admin(t)
	const sleep = "select sleep(600)"
	ctx, cancel := context.WithCancel(limited(t))
	ended := background(ctx, func(ctx context.Context) error { _, err := db.ExecContext(ctx, sleep); return err })
	await(t, "the query runs", func() bool { return len(running(t, admin, user, sleep)) == 1 })
	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)
	b.requireUser(t, user, db)
	assert.Equal(t, 1, db.Stats().OpenConnections)
	for _, id := range running(t, admin, user, sleep) { // the server has not noticed yet
		execute(t, admin, fmt.Sprint("kill ", id))
	}
}

// What the server has ended is found out before it is used again.
func TestMySQLKilledConnection(t *testing.T) {
	b := mySQL.on(t)
	user, text := b.ready(t)
	db, admin := b.db(t, text, b.options()), b.admin(t)
	var id int64
	scan(t, db, "select connection_id()", &id)
	execute(t, admin, fmt.Sprint("kill ", id))
	await(t, "it is gone", func() bool {
		var n int
		scan(t, admin, fmt.Sprint("select count(*) from information_schema.processlist where id = ", id), &n)
		return n == 0
	})
	tx, err := db.BeginTx(limited(t), nil) // which the driver does not try again by itself
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	b.requireUser(t, user, db)
}

// A transaction sees what its level lets it see of the others.
func TestMySQLIsolationLevels(t *testing.T) {
	b := mySQL.on(t)
	db := b.readyDB(t)
	for _, c := range []struct {
		level sql.IsolationLevel
		sees  [2]int // rows that another transaction has written, before its commit and after
	}{
		{sql.LevelReadUncommitted, [2]int{1, 1}},
		{sql.LevelReadCommitted, [2]int{0, 1}},
		{sql.LevelRepeatableRead, [2]int{0, 0}},
		{sql.LevelDefault, [2]int{0, 0}},
	} {
		t.Run(c.level.String(), func(t *testing.T) {
			table := newTable(t, db, "id int primary key")
			reader, err := db.BeginTx(limited(t), &sql.TxOptions{Isolation: c.level})
			require.NoError(t, err)
			defer func() { assert.NoError(t, reader.Rollback()) }()
			var before, during, after int
			scan(t, reader, "select count(*) from "+table, &before)
			writer, err := db.BeginTx(limited(t), nil)
			require.NoError(t, err)
			execute(t, writer, "insert into "+table+" values (1)")
			scan(t, reader, "select count(*) from "+table, &during)
			require.NoError(t, writer.Commit())
			scan(t, reader, "select count(*) from "+table, &after)
			assert.Zero(t, before)
			assert.Equal(t, c.sees, [2]int{during, after})
		})
	}
	_, err := db.BeginTx(limited(t), &sql.TxOptions{Isolation: sql.LevelSnapshot})
	assert.ErrorContains(t, err, "unsupported isolation level")
}

func TestMySQLReadOnlyTransaction(t *testing.T) {
	b := mySQL.on(t)
	db := b.readyDB(t)
	table := newTable(t, db, "id int primary key")
	tx, err := db.BeginTx(limited(t), &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelReadCommitted})
	require.NoError(t, err)
	var n int
	scan(t, tx, "select count(*) from "+table, &n)
	_, err = tx.ExecContext(limited(t), "insert into "+table+" values (1)")
	assert.Equal(t, 1792, b.code(err), "%v", err)
	require.NoError(t, tx.Rollback())
}

// Raw leads to the driver's own connection, whose results tell of each statement.
func TestMySQLRawConnectionIsTheDrivers(t *testing.T) {
	b := mySQL.on(t)
	db := b.readyDB(t, "multiStatements=true")
	table := newTable(t, db, "id int auto_increment primary key, name varchar(40)")
	conn, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Raw(func(dc any) error {
		result, err := dc.(driver.ExecerContext).ExecContext(limited(t), fmt.Sprintf(
			"insert into %[1]s (name) values ('a'), ('b'); insert into %[1]s (name) values ('c'); delete from %[1]s", table), nil)
		require.NoError(t, err)
		assert.Equal(t, []int64{2, 1, 3}, result.(gomysql.Result).AllRowsAffected())
		assert.Equal(t, []int64{1, 3, 0}, result.(gomysql.Result).AllLastInsertIds())
		return nil
	}))
}

func TestMySQLLastInsertID(t *testing.T) {
	b := mySQL.on(t)
	db := b.readyDB(t)
	table := newTable(t, db, "id bigint unsigned auto_increment primary key, name varchar(40)")
	for want := range int64(3) {
		result := execute(t, db, "insert into "+table+" (name) values (?)", "name")
		id, err := result.LastInsertId()
		require.NoError(t, err)
		assert.Equal(t, want+1, id)
		affected, err := result.RowsAffected()
		require.NoError(t, err)
		assert.Equal(t, int64(1), affected)
	}
}

// One statement is one statement, unless the string says otherwise.
func TestMySQLSeveralStatementsAreRefused(t *testing.T) {
	b := mySQL.on(t)
	_, err := b.readyDB(t).ExecContext(limited(t), "select 1; select 2")
	assert.Equal(t, 1064, b.code(err), "%v", err)
}

// parseTime and loc make times of what the server stores without a zone.
func TestMySQLTimes(t *testing.T) {
	b := mySQL.on(t)
	kathmandu, err := time.LoadLocation("Asia/Kathmandu") // UTC+05:45
	require.NoError(t, err)
	plain := b.readyDB(t)
	table := newTable(t, plain, "id int primary key, moment datetime(6), day date")
	for _, c := range []struct {
		keys   []string
		in     *time.Location
		stored string
	}{
		{[]string{"parseTime=true"}, time.UTC, "2026-07-14 09:26:53.589793"},
		{[]string{"parseTime=true", "loc=Asia%2FKathmandu"}, kathmandu, "2026-07-14 15:11:53.589793"},
		{[]string{"parseTime=true", "loc=Asia%2FKathmandu", "interpolateParams=true"}, kathmandu, "2026-07-14 15:11:53.589793"},
	} {
		t.Run(strings.Join(c.keys, "&"), func(t *testing.T) {
			db := b.readyDB(t, c.keys...)
			execute(t, db, "replace into "+table+" values (1, ?, ?)", aMoment, aMoment)
			var text string
			scan(t, plain, "select moment from "+table, &text)
			assert.Equal(t, c.stored, text)
			var moment, day time.Time
			scan(t, db, "select moment, day from "+table, &moment, &day)
			assert.Equal(t, aMoment.In(c.in), moment)
			assert.Equal(t, time.Date(2026, 7, 14, 0, 0, 0, 0, c.in), day)
		})
	}
	assert.Error(t, plain.QueryRowContext(limited(t), "select moment from "+table).Scan(new(time.Time)), "without parseTime")
}

// A connection resumes the TLS session of the one before it, unless that is off: then the server sends its
// certificate again.
func TestMySQLResumesTLSSessions(t *testing.T) {
	b := mySQL.on(t)
	user, text := b.ready(t)
	for _, off := range []bool{false, true} {
		o := b.options()
		var received atomic.Int64
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return countingConn{conn, &received}, err
		}
		ca, err := azuretest.NewCA() // sessions of other tests are for other roots
		require.NoError(t, err)
		o.RootCAs, o.NoTLSResumption = append(slices.Clone(o.RootCAs), ca.Certificate()), off
		db := b.db(t, text, o)
		db.SetMaxIdleConns(0) // each statement opens a connection
		var sizes [2]int64
		for i := range sizes {
			received.Store(0)
			b.requireUser(t, user, db)
			sizes[i] = received.Load()
		}
		const certificate = 500 // bytes at least, with the server's signature
		assert.Equal(t, !off, sizes[0]-sizes[1] > certificate, "%d", sizes)
	}
}

// countingConn counts the bytes that are received.
type countingConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.received.Add(int64(n))
	return n, err
}
