package tsqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSQLServerTransactions(t *testing.T) {
	db := sqlServerDB(t, items)
	count := func() (n int) {
		t.Helper()
		require.NoError(t, db.QueryRow("select count(*) from items").Scan(&n))
		return n
	}
	for i, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelSnapshot, sql.LevelSerializable} {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		require.NoError(t, err)
		var depth int
		require.NoError(t, tx.QueryRow("insert into items (name) values (@p1); select @@trancount", fmt.Sprint(i)).Scan(&depth))
		assert.Equal(t, 1, depth)
		if i%2 == 0 {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
	}
	assert.Equal(t, 2, count())

	tx, err := db.Begin()
	require.NoError(t, err)
	for _, statement := range []string{
		"insert into items (name) values ('kept')", "save transaction sp1", "insert into items (name) values ('undone')", "rollback transaction sp1",
		"begin tran; insert into items (name) values ('nested'); commit tran",
	} {
		_, err := tx.Exec(statement)
		require.NoError(t, err, statement)
	}
	_, err = tx.Exec("insert into items (name) values ('kept')")
	wantNumber(t, 2627, err)
	require.NoError(t, tx.Commit(), "an error does not end a transaction")
	assert.Equal(t, 4, count())

	_, err = db.Exec("begin transaction; insert into items (name) values ('text'); rollback; begin tran insert into items (name) values ('text') commit work")
	require.NoError(t, err)
	assert.Equal(t, 5, count())

	tx, err = db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("set xact_abort on; insert into items (name) values ('aborted'); insert into items (name) values ('text')")
	wantNumber(t, 2627, err)
	assert.ErrorContains(t, tx.Commit(), "aborted by the server")
	assert.Equal(t, 5, count())
}

// TestSQLServerReset: a connection from the pool has no transaction that the one before left open.
func TestSQLServerReset(t *testing.T) {
	db := sqlServerDB(t, items)
	db.SetMaxOpenConns(1)
	_, err := db.Exec("begin tran; insert into items (name) values ('lost')")
	require.NoError(t, err)
	var open, rows int
	require.NoError(t, db.QueryRow("select @@trancount, (select count(*) from items)").Scan(&open, &rows))
	assert.Zero(t, open)
	assert.Zero(t, rows)
}

func TestSQLServerCancel(t *testing.T) {
	db := sqlServerDB(t, items)
	db.SetMaxOpenConns(1)
	for _, query := range []string{
		"waitfor delay '00:01:00'",
		"with n as (select 1 as i union all select i + 1 from n) select count(*) from n",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := db.ExecContext(ctx, query)
		cancel()
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, db.Ping())
	}
	started := time.Now()
	_, err := db.Exec("waitfor delay '00:00:00.050'")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(started), 50*time.Millisecond)
	assert.Equal(t, 1, db.Stats().OpenConnections)
}

// A write that is cancelled takes its transaction along, unless it had not begun. The client is told: all of the
// transaction is kept or nothing.
func TestSQLServerCancelledWrite(t *testing.T) {
	db := sqlServerDB(t, "create table t (n int)", "insert into t values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)")
	db.SetMaxOpenConns(1)
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into t values (77)")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = tx.ExecContext(ctx, "insert into t select a.n from t a, t b, t c, t d, t e, t f, t g, t h")
	require.ErrorIs(t, err, context.Canceled)
	_, err = tx.Exec("insert into t values (78)")
	want := 12
	if err = errors.Join(err, tx.Commit()); err != nil {
		assert.ErrorContains(t, err, "the transaction was aborted by the server")
		want = 10
	}
	var rows int
	require.NoError(t, db.QueryRow("select count(*) from t").Scan(&rows))
	assert.Equal(t, want, rows)
}

func TestSQLServerBulkCopy(t *testing.T) {
	db := sqlServerDB(t, "create table t (id int not null primary key, name nvarchar(max), at datetime2, price decimal(9,2), ok bit, raw varbinary(10))")
	load := func(first, rows int) error {
		tx, err := db.Begin()
		require.NoError(t, err)
		defer tx.Rollback()
		stmt, err := tx.Prepare(mssql.CopyIn("dbo.t", mssql.BulkOptions{}, "id", "name", "at", "price", "ok", "raw"))
		require.NoError(t, err)
		for i := range rows {
			_, err := stmt.Exec(first+i, fmt.Sprint("row ", i), time.Date(2024, 1, 1, 0, 0, i, 0, time.UTC), "1.25", i%2 == 0, nil)
			require.NoError(t, err)
		}
		result, err := stmt.Exec()
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		require.NoError(t, err)
		assert.EqualValues(t, rows, n)
		require.NoError(t, stmt.Close())
		return tx.Commit()
	}
	require.NoError(t, load(0, 1000))
	wantNumber(t, 2627, load(999, 10))
	var rows, even int
	var total string
	require.NoError(t, db.QueryRow("select count(*), sum(cast(ok as int)), cast(sum(price) as decimal(18,2)) from t").Scan(&rows, &even, &total))
	assert.Equal(t, "1000 500 1250.00", fmt.Sprint(rows, even, " ", total))
}

func TestSQLServerUse(t *testing.T) {
	_, err := sqlServerDB(t).Exec("use [app]; use master; create user [new-app] from external provider; alter role db_owner add member [new-app]; grant select to [new-app]")
	require.NoError(t, err)
}
