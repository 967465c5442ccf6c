package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	sqle "github.com/dolthub/go-mysql-server/sql"
	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// openMySQL is database/sql on a new embedded server, as the user "app".
func openMySQL(t *testing.T, change func(*mysql.Config)) *sql.DB {
	t.Helper()
	cloud := azuretest.New(t)
	m := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}})
	db, err := connect(t, cloud, m, "app", labtest.TokenOf(cloud, "app"), change)
	require.NoError(t, err)
	return db
}

func TestEmbeddedMySQLSaysWhatItIs(t *testing.T) {
	db, ctx := openMySQL(t, func(c *mysql.Config) { c.MaxAllowedPacket = 0 }), labtest.Limited(t)
	for query, want := range map[string]string{
		"select current_user()":           "app@%",
		"SELECT Database() FROM DUAL":     "app",
		"select 1e1 + 0x0a":               "20.0",
		"select hex(x'0aff')":             "0AFF",
		"select @@session.autocommit":     "1",
		"select /* ? */ 5 - -1":           "6",
		"select case when 1<2 then 3 end": "3",
	} {
		var got string
		require.NoError(t, db.QueryRowContext(ctx, query).Scan(&got), query)
		assert.Equal(t, strings.TrimSuffix(want, ".0"), strings.TrimSuffix(got, ".0"), query)
	}
	var got string
	require.NoError(t, db.QueryRowContext(ctx, "select version()").Scan(&got))
	assert.Equal(t, "8.0.31-go-mysql-server", got)
}

func TestEmbeddedMySQLTransactions(t *testing.T) {
	db, ctx := openMySQL(t, nil), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (id int primary key)")
	require.NoError(t, err)
	count := func() (n int) {
		t.Helper()
		require.NoError(t, db.QueryRowContext(ctx, "select count(*) from t").Scan(&n))
		return n
	}
	for _, o := range []*sql.TxOptions{nil, {Isolation: sql.LevelSerializable}, {Isolation: sql.LevelRepeatableRead}} {
		tx, err := db.BeginTx(ctx, o)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, "insert into t values (?)", 1)
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		assert.Equal(t, 0, count())
	}
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	for _, step := range []string{"insert into t values (1)", "savepoint s", "insert into t values (2)", "rollback to savepoint s"} {
		_, err = tx.ExecContext(ctx, step)
		require.NoError(t, err, step)
	}
	_, err = tx.ExecContext(ctx, "insert into t values (1)")
	requireNumber(t, err, 1062, "23000")
	_, err = tx.ExecContext(ctx, "insert into t values (3)") // as in MySQL an error does not end the transaction
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.Equal(t, 2, count())

	read, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, read.Commit())

	for _, steps := range []string{"begin; insert into t values (9)", "begin; insert into t values (9); savepoint s; insert into t values (10)"} {
		left, err := db.Conn(ctx) // a client that leaves in the middle
		require.NoError(t, err)
		_, err = left.ExecContext(ctx, steps)
		require.NoError(t, err)
		require.ErrorIs(t, left.Raw(func(any) error { return driver.ErrBadConn }), driver.ErrBadConn)
		assert.Equal(t, 2, count())
	}
}

func TestEmbeddedMySQLSavepoints(t *testing.T) {
	db, ctx := openMySQL(t, nil), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (id int primary key); insert into t values (1)")
	require.NoError(t, err)
	sum := func(q interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) (n int) {
		t.Helper()
		require.NoError(t, q.QueryRowContext(ctx, "select sum(id) from t").Scan(&n))
		return n
	}
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	for _, step := range []struct {
		statement string
		want      int
	}{
		{"insert into t values (10)", 11},
		{"savepoint a", 11},
		{"insert into t values (100)", 111},
		{"savepoint b", 111},
		{"delete from t where id = 1", 110},
		{"rollback to b", 111},
		{"update t set id = 200 where id = 100", 211},
		{"rollback to savepoint b", 111},
		{"release savepoint b", 111},
		{"rollback to a", 11},
	} {
		_, err = tx.ExecContext(ctx, step.statement)
		require.NoError(t, err, step.statement)
		require.Equal(t, step.want, sum(tx), step.statement)
	}
	_, err = tx.ExecContext(ctx, "rollback to b")
	requireNumber(t, err, 1305, "42000")
	require.NoError(t, tx.Rollback())
	assert.Equal(t, 1, sum(db))
}

// Close ends what runs.
func TestEmbeddedMySQLClose(t *testing.T) {
	cloud := azuretest.New(t)
	before := runtime.NumGoroutine()
	for range 2 {
		m, err := startEmbedded(labtest.Limited(t), cloud, &Options{Users: []string{"app"}})
		require.NoError(t, err)
		db, err := connect(t, cloud, m, "app", labtest.TokenOf(cloud, "app"), nil)
		require.NoError(t, err)
		ended := make(chan error)
		go func() {
			_, err := db.ExecContext(t.Context(), "select sleep(600)")
			ended <- err
		}()
		engine := m.backend.(*embedded).engine
		require.NoError(t, daemon.Poll(labtest.Limited(t), func(context.Context) (bool, error) {
			return slices.ContainsFunc(engine.ProcessList.Processes(), func(p sqle.Process) bool { return p.Query == "select sleep(600)" }), nil
		}))
		require.NoError(t, m.Close())
		require.NoError(t, m.Close(), "a second Close")
		require.Error(t, <-ended)
		require.NoError(t, db.Close())
		labtest.RequireClosed(t, m.Addr())
	}
	require.NoError(t, daemon.Poll(labtest.Limited(t), func(context.Context) (bool, error) {
		return runtime.NumGoroutine() <= before, nil
	}), "goroutines are left")
}

func TestEmbeddedMySQLErrors(t *testing.T) {
	db, ctx := openMySQL(t, nil), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (id int primary key, name text not null, n int check (n > 0), other int, foreign key (other) references t (id))")
	require.NoError(t, err)
	_, err = db.ExecContext(ctx, "insert into t (id, name, n) values (1, 'a', 1)")
	require.NoError(t, err)
	for query, want := range map[string]struct {
		number uint16
		state  string
	}{
		"select * from missing":   {1146, "42S02"},
		"select missing from t":   {1054, "42S22"},
		"select missing(1)":       {1305, "42000"},
		"selec 1":                 {1064, "42000"},
		"select":                  {1064, "42000"},
		"select 'open":            {1064, "42000"},
		"create table t (id int)": {1050, "42S01"},
		"insert into t (id, name) values (1, 'b')":            {1062, "23000"},
		"insert into t (id, name) values (2, null)":           {1048, "23000"},
		"insert into t (id) values (2)":                       {1364, "HY000"},
		"insert into t (id, name, n) values (3, 'c', -1)":     {3819, "HY000"},
		"insert into t (id, name, other) values (4, 'd', 99)": {1452, "23000"},
		"use elsewhere":             {1044, "42000"},
		"select @@no_such_variable": {1193, "HY000"},
		"create table u as select 'text' as x; select date('x') + missing": {1054, "42S22"},
	} {
		_, err := db.ExecContext(ctx, query)
		requireNumber(t, err, want.number, want.state)
	}
	_, err = db.ExecContext(ctx, "insert into t (id, name) values ('text', 'e')")
	requireNumber(t, err, 1366, "HY000")

	var first, second int
	rows, err := db.QueryContext(ctx, "select 1; use app; select 2")
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	require.NoError(t, rows.Scan(&first))
	for rows.NextResultSet() {
		for rows.Next() {
			require.NoError(t, rows.Scan(&second))
		}
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, []int{1, 2}, []int{first, second})
}

func TestEmbeddedMySQLConcurrently(t *testing.T) {
	db, ctx := openMySQL(t, nil), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (id int primary key auto_increment, n int)")
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			tx, err := db.BeginTx(ctx, nil)
			if !assert.NoError(t, err) {
				return
			}
			_, err = tx.ExecContext(ctx, "insert into t (n) values (?)", i)
			assert.NoError(t, err)
			assert.NoError(t, tx.Commit())
		})
	}
	group.Wait()
	var n int
	require.NoError(t, db.QueryRowContext(ctx, "select count(*) from t").Scan(&n))
	assert.Equal(t, 20, n)
}
