package sqlserverfront_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// answerTime is a value of "types".
var answerTime = time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)

// query answers a statement with its own text and arguments; "types" has a row of
// every type and one of NULLs, and most others have no rows.
func query(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
	switch verb, _, _ := strings.Cut(s.SQL, " "); verb {
	case "echo", "EXEC":
		text := fmt.Sprintf("%s@%s: %s %v", s.User, s.Database, s.SQL, s.Args)
		return azuretest.Result{Columns: []string{"echo"}, Rows: [][]any{{text}}}, nil
	case "types":
		return azuretest.Result{
			Columns: []string{"text", "bytes", "int", "float", "bool", "time"},
			Rows:    [][]any{{"grüße", []byte{0, 255}, math.MinInt64, 0.1, true, answerTime}, make([]any, 6)},
		}, nil
	case "fail":
		return azuretest.Result{}, fmt.Errorf("wrapped: %w", &sqlserverfront.Error{Number: 208, State: 1, Class: 16, Message: "no such table"})
	case "other":
		return azuretest.Result{}, errors.New("no such thing")
	case "mixed":
		return azuretest.Result{Columns: []string{"c"}, Rows: [][]any{{1}, {"x"}}}, nil
	case "end":
		return azuretest.Result{}, io.EOF
	}
	return azuretest.Result{RowsAffected: 3}, nil
}

func TestQuery(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{Query: query})
	db := open(t, byToken(t, b.config(t, ""), b.token))
	require.NoError(t, db.PingContext(t.Context()))
	var text string
	require.NoError(t, db.QueryRowContext(t.Context(), "echo it").Scan(&text))
	assert.Equal(t, "orders-app@orders: echo it []", text)
	require.NoError(t, db.QueryRowContext(t.Context(), "echo @p1 @p2", 7, "x").Scan(&text))
	assert.Equal(t, "orders-app@orders: echo @p1 @p2 [7 x]", text)
	require.NoError(t, db.QueryRowContext(t.Context(), "report", 7).Scan(&text))
	assert.Equal(t, "orders-app@orders: EXEC report [7]", text)

	rows, err := db.QueryContext(t.Context(), "types it")
	require.NoError(t, err)
	defer rows.Close()
	for _, want := range [][]any{{"grüße", []byte{0, 255}, int64(math.MinInt64), 0.1, true, answerTime}, make([]any, 6)} {
		require.True(t, rows.Next())
		got, targets := make([]any, 6), make([]any, 6)
		for i := range got {
			targets[i] = &got[i]
		}
		require.NoError(t, rows.Scan(targets...))
		if when, ok := got[5].(time.Time); ok {
			got[5] = when.UTC()
		}
		assert.Equal(t, want, got)
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())

	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	result, err := tx.ExecContext(t.Context(), "update t set a = 1")
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	assert.Equal(t, int64(3), n)
	require.NoError(t, tx.Commit())

	for statement, want := range map[string]sqlserverfront.Error{
		"fail it":  {Number: 208, Message: "no such table"},
		"other it": {Number: 50000, Message: "no such thing"},
		"mixed it": {Number: 50000, Message: `azuretest: row 1, column "c": a string in a column of int64`},
	} {
		_, err := db.ExecContext(t.Context(), statement)
		var got mssql.Error
		require.ErrorAs(t, err, &got, statement)
		assert.Equal(t, want, sqlserverfront.Error{Number: got.Number, Message: got.Message})
	}
	_, err = db.ExecContext(t.Context(), "end it")
	require.Error(t, err)
	require.NoError(t, db.PingContext(t.Context()), "on another connection")
}
