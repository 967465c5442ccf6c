package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// open is database/sql on a new embedded server, as the role "app".
func open(t *testing.T, mode pgx.QueryExecMode) *sql.DB {
	t.Helper()
	cloud := azuretest.New(t)
	p := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}})
	cfg := loginConfig(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	cfg.DefaultQueryExecMode = mode
	db := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

var execModes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

func TestEmbeddedSQL(t *testing.T) {
	for _, mode := range execModes {
		t.Run(mode.String(), func(t *testing.T) {
			db, ctx := open(t, mode), labtest.Limited(t)
			exec := func(query string, args ...any) int64 {
				t.Helper()
				r, err := db.ExecContext(ctx, query, args...)
				require.NoError(t, err)
				n, err := r.RowsAffected()
				require.NoError(t, err)
				return n
			}
			exec("create table orders (id bigint generated always as identity primary key, item text not null, amount int, paid boolean, price double precision, at timestamptz default now(), raw bytea)")
			assert.EqualValues(t, 1, exec("insert into orders (item, amount, paid, price, raw) values ($1, $2, $3, $4, $5)", "it's; $1", 3, true, 2.5, []byte{0, 255}))
			var id int64
			require.NoError(t, db.QueryRowContext(ctx, "insert into orders (item) values ($1) returning id", "pen").Scan(&id))
			assert.EqualValues(t, 2, id)

			var item string
			var amount int
			var paid bool
			var price float64
			var raw []byte
			var at time.Time
			row := db.QueryRowContext(ctx, "select item, amount, paid, price, raw, at from orders where id = $1", 1)
			require.NoError(t, row.Scan(&item, &amount, &paid, &price, &raw, &at))
			assert.Equal(t, "it's; $1", item)
			assert.Equal(t, 3, amount)
			assert.True(t, paid)
			assert.InDelta(t, 2.5, price, 0)
			assert.Equal(t, []byte{0, 255}, raw)
			assert.WithinDuration(t, time.Now(), at, time.Minute)

			var count int
			var missing sql.NullInt64
			require.NoError(t, db.QueryRowContext(ctx, "select count(*), max(amount) from orders where item = $1", "pen").Scan(&count, &missing))
			assert.Equal(t, 1, count)
			assert.False(t, missing.Valid)
			assert.EqualValues(t, 2, exec("update orders set amount = $1", 5))
			assert.EqualValues(t, 2, exec("delete from orders"))
		})
	}
}

func TestEmbeddedSaysWhatItIs(t *testing.T) {
	db, ctx := open(t, pgx.QueryExecModeCacheStatement), labtest.Limited(t)
	for query, want := range map[string]string{
		"select current_user":       "app",
		"SELECT Current_Database()": "app",
		"select $1::int + 1":        "42",
		"select '7'::int8":          "7",
	} {
		var got string
		args := []any{41}[:strings.Count(query, "$")]
		require.NoError(t, db.QueryRowContext(ctx, query, args...).Scan(&got), query)
		assert.Equal(t, want, got, query)
	}
	for _, query := range []string{"select version()", "show server_version"} {
		var got string
		require.NoError(t, db.QueryRowContext(ctx, query).Scan(&got))
		assert.Contains(t, got, "SQLite 3.")
	}
	rows, err := db.QueryContext(ctx, "select current_user, version(), count(*), 1, 2 as two")
	require.NoError(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	assert.Equal(t, []string{"current_user", "version", "count", "?column?", "two"}, names)
}

func TestEmbeddedTransactions(t *testing.T) {
	db, ctx := open(t, pgx.QueryExecModeCacheStatement), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (id int primary key)")
	require.NoError(t, err)
	count := func() (n int) {
		t.Helper()
		require.NoError(t, db.QueryRowContext(ctx, "select count(*) from t").Scan(&n))
		return n
	}

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "insert into t values ($1)", 1)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	assert.Equal(t, 0, count())

	tx, err = db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "insert into t values (1)")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.Equal(t, 1, count())

	tx, err = db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "insert into t values (2)")
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "insert into t values (1)")
	requireState(t, err, "23505")
	_, err = tx.ExecContext(ctx, "insert into t values (3)")
	requireState(t, err, "25P02")
	require.ErrorIs(t, tx.Commit(), pgx.ErrTxCommitRollback)
	assert.Equal(t, 1, count())
}

func requireState(t *testing.T, err error, state string) {
	t.Helper()
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, state, pgErr.Code)
}

func TestEmbeddedErrors(t *testing.T) {
	db, ctx := open(t, pgx.QueryExecModeCacheStatement), labtest.Limited(t)
	for query, state := range map[string]string{
		"select * from missing":      "42P01",
		"insert into missing values": "42601",
		"selct 1":                    "42601",
		"select missing":             "42703",
		"listen x":                   "0A000",
		"show missing":               "42704",
	} {
		_, err := db.ExecContext(ctx, query)
		requireState(t, err, state)
	}
	require.NoError(t, db.PingContext(ctx), "the connection goes on")
}

func TestEmbeddedTwentyConnections(t *testing.T) {
	db, ctx := open(t, pgx.QueryExecModeCacheStatement), labtest.Limited(t)
	_, err := db.ExecContext(ctx, "create table t (n int, s text)")
	require.NoError(t, err)
	errs := make([]error, 20)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			conn, err := db.Conn(ctx)
			if err != nil {
				errs[i] = err
				return
			}
			for n := range 10 {
				_, err := conn.ExecContext(ctx, "insert into t values ($1, $2)", i*10+n, "x")
				errs[i] = errors.Join(errs[i], err)
			}
			errs[i] = errors.Join(errs[i], conn.Close())
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	var count, distinct int
	require.NoError(t, db.QueryRowContext(ctx, "select count(*), count(distinct n) from t").Scan(&count, &distinct))
	assert.Equal(t, []int{200, 200}, []int{count, distinct})
}

func TestEmbeddedHasNoPostgres(t *testing.T) {
	p := labtest.Running(t, startEmbedded, azuretest.New(t), nil)
	_, err := p.BackendConninfo()
	require.ErrorIs(t, err, engine.ErrEmbedded)
	assert.True(t, p.Embedded)
	assert.Contains(t, p.Engine, "SQLite 3.")
}

func TestEmbeddedCancel(t *testing.T) {
	db := open(t, pgx.QueryExecModeSimpleProtocol)
	ctx, cancel := context.WithTimeout(labtest.Limited(t), 200*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, db.PingContext(labtest.Limited(t)))
}

func TestStartFallsBack(t *testing.T) {
	t.Setenv(envDir, "off")
	p := labtest.Running(t, Start, azuretest.New(t), nil)
	assert.True(t, p.Embedded)
}

func TestEmbeddedTypedParameters(t *testing.T) {
	for _, mode := range execModes {
		t.Run(mode.String(), func(t *testing.T) {
			var yes bool
			var n int
			var text string
			moment := time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)
			row := open(t, mode).QueryRowContext(labtest.Limited(t), "select $1::bool, $2::int + 1, $3::timestamptz", true, 41, moment)
			require.NoError(t, row.Scan(&yes, &n, &text))
			assert.True(t, yes)
			assert.Equal(t, 42, n)
			assert.Contains(t, text, "2024-02-29 12:34:56.789")
		})
	}
}

// The client is told of the transaction, also of a failed one and of several statements in one text.
func TestEmbeddedTransactionStatus(t *testing.T) {
	cloud := azuretest.New(t)
	p := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}})
	conn, err := connect(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	require.NoError(t, err)
	for _, step := range []struct {
		query, state string
		status       byte
	}{
		{"create table t (n int); begin; insert into t values (1)", "", 'T'},
		{"savepoint s", "", 'T'},
		{"select missing", "42703", 'E'},
		{"select 1", "25P02", 'E'},
		{"rollback to s", "", 'T'},
		{"commit; select n from t", "", 'I'},
	} {
		_, err := conn.Exec(t.Context(), step.query, pgx.QueryExecModeSimpleProtocol)
		if step.state != "" {
			requireState(t, err, step.state)
		} else {
			require.NoError(t, err, step.query)
		}
		assert.Equal(t, string(step.status), string(conn.PgConn().TxStatus()), step.query)
	}
}
