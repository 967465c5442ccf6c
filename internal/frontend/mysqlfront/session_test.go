package mysqlfront_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
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
	b := newBench(t, &mysqlfront.Options{Query: echo})
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
	b := newBench(t, &mysqlfront.Options{Query: echo})
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
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			_, err := db.ExecContext(t.Context(), "update t set a = ?", 1)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	assert.LessOrEqual(t, len(b.server.Logins()), 4)
}

// Close ends sessions in every state and leaves nothing behind.
func TestCloseLeavesNothing(t *testing.T) {
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	defer cloud.Close()
	id := cloud.AddUserAssigned(azuretest.Identity{})
	token := cloud.Mint(id, azuretest.OSSRDBMSAudience)
	before := runtime.NumGoroutine()

	asked, ended := make(chan struct{}), make(chan error, 1)
	server, err := mysqlfront.Start(cloud, &mysqlfront.Options{Query: func(ctx context.Context, _ azuretest.Statement) (azuretest.Result, error) {
		close(asked)
		<-ctx.Done()
		ended <- ctx.Err()
		return azuretest.Result{}, ctx.Err()
	}})
	require.NoError(t, err)
	dialRaw(t, server, nil)                                        // says nothing
	dialRaw(t, server, nil).send(t, make([]byte, 4))               // was refused and stays
	dialRaw(t, server, cloud.CA()).respond(t, id.Name, "", "", "") // was asked for the token
	bench := &bench{cloud: cloud, server: server, id: id, token: token}
	connector, err := mysql.NewConnector(bench.config())
	require.NoError(t, err)
	_, err = connector.Connect(t.Context()) // idle
	require.NoError(t, err)
	busy, err := connector.Connect(t.Context())
	require.NoError(t, err)
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = busy.(driver.ExecerContext).ExecContext(t.Context(), "wait", nil) })
	<-asked

	require.NoError(t, server.Close())
	require.NoError(t, server.Close())
	assert.ErrorIs(t, <-ended, context.Canceled)
	_, err = net.Dial("tcp", server.Addr())
	assert.Error(t, err)
	asking.Wait()
	frontendtest.RequireSettled(t, before+2) // the driver's own watchers of the two connections
}
