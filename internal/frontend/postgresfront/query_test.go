package postgresfront_test

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

var frequent = frontendtest.Answer(&pgconn.PgError{Code: "42P01", Message: "no such table"})

// answer knows some words more than [frontendtest.Answer].
func answer(ctx context.Context, s azuretest.Statement) (azuretest.Result, error) {
	switch verb, _, _ := strings.Cut(s.SQL, " "); verb {
	case "count":
		return azuretest.Result{Columns: []string{"n"}, Rows: [][]any{{len(s.Args)}}}, nil
	case "wait":
		<-ctx.Done()
		return azuretest.Result{}, &pgconn.PgError{Code: "57014", Message: "canceled"}
	case "tag":
		return azuretest.Result{Tag: "CREATE TABLE"}, nil
	}
	return frequent(ctx, s)
}

// eachProtocol runs a test with database/sql and each of pgx's ways to ask.
func eachProtocol(t *testing.T, test func(t *testing.T, db *sql.DB, extended bool)) {
	t.Helper()
	b := newBench(t, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Query: answer}})
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			config := b.config(t)
			config.DefaultQueryExecMode = mode
			db := stdlib.OpenDB(*config)
			t.Cleanup(func() { db.Close() })
			test(t, db, mode != pgx.QueryExecModeSimpleProtocol)
		})
	}
}

func TestQueryRows(t *testing.T) {
	eachProtocol(t, func(t *testing.T, db *sql.DB, extended bool) {
		require.NoError(t, db.PingContext(t.Context()))
		var text string
		require.NoError(t, db.QueryRowContext(t.Context(), "echo").Scan(&text))
		assert.Equal(t, "orders-app@orders: echo []", text)
		if extended {
			require.NoError(t, db.QueryRowContext(t.Context(), "echo $1 $2", 7, nil).Scan(&text))
			assert.Equal(t, "orders-app@orders: echo $1 $2 [7 <nil>]", text)
			var n int
			require.NoError(t, db.QueryRowContext(t.Context(), "count $1 $2", "x", "y").Scan(&n))
			assert.Equal(t, 2, n)
		}

		rows, err := db.QueryContext(t.Context(), "types")
		require.NoError(t, err)
		defer rows.Close()
		require.True(t, rows.Next())
		var got struct {
			text    string
			bytes   []byte
			int     int64
			float   float64
			bool    bool
			time    time.Time
			nothing *string
		}
		require.NoError(t, rows.Scan(&got.text, &got.bytes, &got.int, &got.float, &got.bool, &got.time, &got.nothing))
		assert.Equal(t, "grüße", got.text)
		assert.Equal(t, []byte{0, 255}, got.bytes)
		assert.Equal(t, int64(math.MinInt64), got.int)
		assert.Equal(t, 0.1, got.float)
		assert.True(t, got.bool)
		assert.True(t, frontendtest.At.Equal(got.time), got.time)
		assert.Nil(t, got.nothing)
		require.True(t, rows.Next())
		nulls, targets := make([]any, 7), make([]any, 7)
		for i := range nulls {
			targets[i] = &nulls[i]
		}
		require.NoError(t, rows.Scan(targets...))
		assert.Equal(t, make([]any, 7), nulls)
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())
	})
}

func TestQueryExec(t *testing.T) {
	eachProtocol(t, func(t *testing.T, db *sql.DB, _ bool) {
		frontendtest.AssertTransaction(t, db, "update orders set paid = true")
		_, err := db.ExecContext(t.Context(), "")
		require.NoError(t, err)
	})
}

func TestQueryErrors(t *testing.T) {
	eachProtocol(t, func(t *testing.T, db *sql.DB, _ bool) {
		for statement, want := range map[string]pgconn.PgError{
			"fail":  {Severity: "ERROR", Code: "42P01", Message: "no such table"},
			"other": {Severity: "ERROR", Code: "XX000", Message: "no such thing"},
			"mixed": {Severity: "ERROR", Code: "XX000", Message: `azuretest: row 1, column "c": a string in a column of int64`},
		} {
			_, err := db.ExecContext(t.Context(), statement)
			var got *pgconn.PgError
			require.ErrorAs(t, err, &got, statement)
			assert.Equal(t, want, pgconn.PgError{Severity: got.Severity, Code: got.Code, Message: got.Message})
			require.NoError(t, db.PingContext(t.Context()), "the session goes on")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := db.ExecContext(ctx, "wait")
		require.Error(t, err)
		_, err = db.ExecContext(t.Context(), "end")
		require.Error(t, err)
		require.NoError(t, db.PingContext(t.Context()), "on another connection")
	})
}

func TestQueryTag(t *testing.T) {
	conn := connect(t, newBench(t, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Query: answer}}).config(t))
	for statement, want := range map[string]string{
		"tag": "CREATE TABLE", "insert into t values (1)": "INSERT 0 3", "delete from t;": "DELETE 3", "begin": "BEGIN", "types": "SELECT 2",
	} {
		tag, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
		assert.Equal(t, want, tag.String())
	}
	assert.Equal(t, byte('T'), conn.PgConn().TxStatus())
	_, err := conn.Exec(t.Context(), "rollback to savepoint a")
	require.NoError(t, err)
	assert.Equal(t, byte('T'), conn.PgConn().TxStatus())
	_, err = conn.Exec(t.Context(), "rollback")
	require.NoError(t, err)
	assert.Equal(t, byte('I'), conn.PgConn().TxStatus())
}
