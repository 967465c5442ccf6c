package mysqlfront_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// echo answers a statement with its own text and arguments; "fail" fails, "end" ends
// the session, "insert" has no rows.
func echo(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
	switch verb, _, _ := strings.Cut(s.SQL, " "); verb {
	case "fail":
		return azuretest.Result{}, fmt.Errorf("wrapped: %w", &azuretest.ServerError{Number: 1146, State: "42S02", Message: "Table 'x' doesn't exist"})
	case "other":
		return azuretest.Result{}, errors.New("no such thing")
	case "end":
		return azuretest.Result{}, io.EOF
	case "insert":
		return azuretest.Result{RowsAffected: 300, LastInsertID: 1 << 40}, nil
	}
	text := fmt.Sprintf("%s@%s: %s %v", s.User, s.Database, s.SQL, s.Args)
	return azuretest.Result{Columns: []string{"echo"}, Rows: [][]any{{text}}}, nil
}

func TestQuery(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: echo}})
	conn := connect(t, b.config())
	var got string
	for range 2 {
		require.NoError(t, conn.QueryRowContext(t.Context(), "hello").Scan(&got))
		assert.Equal(t, "orders@contoso.com@orders: hello []", got)
	}
	require.NoError(t, conn.QueryRowContext(t.Context(), "hello ?", 7).Scan(&got), "prepared")
	assert.Equal(t, "orders@contoso.com@orders: hello ? [7]", got)

	result, err := conn.ExecContext(t.Context(), "insert into t values (?)", "x")
	require.NoError(t, err)
	affected, err := result.RowsAffected()
	require.NoError(t, err)
	assert.Equal(t, int64(300), affected)
	last, err := result.LastInsertId()
	require.NoError(t, err)
	assert.Equal(t, int64(1<<40), last)

	_, err = conn.ExecContext(t.Context(), "fail")
	assert.EqualError(t, err, "Error 1146 (42S02): Table 'x' doesn't exist")
	_, err = conn.ExecContext(t.Context(), "other")
	assert.EqualError(t, err, "Error 1105 (HY000): no such thing")
	_, err = conn.ExecContext(t.Context(), "end")
	assert.ErrorIs(t, err, mysql.ErrInvalidConn)
}

func TestLongStatement(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: echo}})
	config := b.config()
	var got string
	long := strings.Repeat("x", 1<<24) // two packets each way
	require.NoError(t, connect(t, config).QueryRowContext(t.Context(), long).Scan(&got))
	assert.True(t, got == "orders@contoso.com@orders: "+long+" []")

	config.MaxAllowedPacket = 100 << 10 // values that are longer are sent ahead, in parts
	long = strings.Repeat("y", 1<<20)
	require.NoError(t, connect(t, config).QueryRowContext(t.Context(), "? ?", long, 1).Scan(&got))
	assert.True(t, got == "orders@contoso.com@orders: ? ? ["+long+" 1]")
}

func TestWithoutQuery(t *testing.T) {
	b := newBench(t, nil)
	config := b.config()
	config.MaxAllowedPacket = 0 // asks the server
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	db := open(t, config)
	require.NoError(t, db.PingContext(t.Context()))
	_, err := db.ExecContext(t.Context(), "insert into t values (?, ?, ?)", 1, "two", time.Now())
	require.NoError(t, err)
	var n int
	assert.ErrorIs(t, db.QueryRowContext(t.Context(), "select 1").Scan(&n), sql.ErrNoRows)
	assert.ErrorIs(t, db.QueryRowContext(t.Context(), "select ?", 1).Scan(&n), sql.ErrNoRows)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "delete from t where id in (?, '?', \"?\", `?`) /* ? */", 1)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())

	db.SetMaxOpenConns(4)
	frontendtest.AssertPooled(t, b.Server, func() error {
		_, err := db.ExecContext(t.Context(), "update t set a = ?", 1)
		return err
	})
}
