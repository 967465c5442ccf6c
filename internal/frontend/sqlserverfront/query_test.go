package sqlserverfront_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

var query = frontendtest.Answer(&sqlserverfront.Error{Number: 208, State: 1, Class: 16, Message: "no such table"})

func TestQuery(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Query: query}})
	db := open(t, byToken(t, b.config(t, ""), b.Token))
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
	for _, want := range [][]any{frontendtest.Types, make([]any, 7)} {
		require.True(t, rows.Next())
		got, targets := make([]any, 7), make([]any, 7)
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

	frontendtest.AssertTransaction(t, db, "update t set a = 1")

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

// An error of the kind that every engine takes reaches the client, too.
func TestQueryFailsWithANumber(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Query: func(context.Context, azuretest.Statement) (azuretest.Result, error) {
		return azuretest.Result{}, fmt.Errorf("wrapped: %w", &azuretest.ServerError{Number: 15023, Message: "exists"})
	}}})
	_, err := open(t, byToken(t, b.config(t, ""), b.Token)).ExecContext(t.Context(), "create user x")
	var got mssql.Error
	require.ErrorAs(t, err, &got)
	assert.EqualValues(t, 15023, got.Number)
	assert.EqualValues(t, 16, got.Class)
}
