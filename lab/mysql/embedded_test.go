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
	"time"

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

func TestEmbeddedMySQL(t *testing.T) {
	for name, change := range map[string]func(*mysql.Config){
		"prepared":     func(*mysql.Config) {},
		"interpolated": func(c *mysql.Config) { c.InterpolateParams = true },
	} {
		t.Run(name, func(t *testing.T) {
			db, ctx := openMySQL(t, change), labtest.Limited(t)
			exec := func(query string, args ...any) (affected, last int64) {
				t.Helper()
				r, err := db.ExecContext(ctx, query, args...)
				require.NoError(t, err)
				affected, err = r.RowsAffected()
				require.NoError(t, err)
				last, err = r.LastInsertId()
				require.NoError(t, err)
				return affected, last
			}
			exec("CREATE TABLE `orders` (`id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, item varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'what, (it) is', " +
				"amount int, paid tinyint(1), price double, cost decimal(10,2), at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), day date, raw longblob, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
			at := time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)
			affected, last := exec("insert into orders (item, amount, paid, price, cost, at, day, raw) values (?, ?, ?, ?, ?, ?, ?, ?)",
				`it's; "?" \ %`, 3, true, 2.5, "1.25", at, "2026-02-28", []byte{0, 255, '\''})
			assert.EqualValues(t, []int64{1, 1}, []int64{affected, last})
			affected, last = exec(`insert into orders (item) values ("pen"), ('it\'s \\ ''new''')`)
			assert.EqualValues(t, []int64{2, 2}, []int64{affected, last}, "the first of two")

			var (
				id       uint64
				item     string
				amount   int
				paid     bool
				price    float64
				cost     string
				when, on time.Time
				raw      []byte
			)
			row := db.QueryRowContext(ctx, "select * from orders where id = ? for update", 1)
			require.NoError(t, row.Scan(&id, &item, &amount, &paid, &price, &cost, &when, &on, &raw))
			assert.Equal(t, uint64(1), id)
			assert.Equal(t, `it's; "?" \ %`, item)
			assert.Equal(t, 3, amount)
			assert.True(t, paid)
			assert.InDelta(t, 2.5, price, 0)
			assert.Equal(t, "1.25", cost)
			assert.Equal(t, at, when)
			assert.Equal(t, at.Truncate(24*time.Hour), on)
			assert.Equal(t, []byte{0, 255, '\''}, raw)

			require.NoError(t, db.QueryRowContext(ctx, "select item, at from orders where id = ?", 3).Scan(&item, &when))
			assert.Equal(t, `it's \ 'new'`, item)
			assert.WithinDuration(t, time.Now(), when, time.Minute)
			var count int
			var average float64
			var missing sql.NullInt64
			require.NoError(t, db.QueryRowContext(ctx, "select count(*), avg(id), max(amount) from orders where item >= ? and id<>1", "a").Scan(&count, &average, &missing))
			assert.Equal(t, 2, count)
			assert.InDelta(t, 2.5, average, 0)
			assert.False(t, missing.Valid)
			affected, _ = exec("update orders set amount = ? # all\n", 5)
			assert.EqualValues(t, 3, affected)
			affected, _ = exec("insert ignore into orders (id, item) values (1, 'again')")
			assert.Zero(t, affected)
			affected, _ = exec("delete from orders -- all")
			assert.EqualValues(t, 3, affected)
		})
	}
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
