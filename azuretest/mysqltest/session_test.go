package mysqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
)

// myEcho is a handler: a statement returns its own text and arguments; "fail"
// fails, "end" ends the session, "insert" has no result, "two" has two.
func echo(_ context.Context, s *mysqltest.Session) error {
	for {
		statement, err := s.Receive()
		if err != nil {
			return err
		}
		echo := func(text string) mysqltest.Result {
			return mysqltest.Result{Columns: []mysqltest.Column{{Name: "echo"}}, Rows: [][]any{{text}}}
		}
		switch verb, _, _ := strings.Cut(statement.SQL, " "); verb {
		case "fail":
			err = s.Fail(fmt.Errorf("wrapped: %w", &mysqltest.Error{Number: 1146, State: "42S02", Message: "Table 'x' doesn't exist"}))
		case "secret":
			err = s.Fail(errors.New("nobody's business"))
		case "end":
			return &mysqltest.Error{Number: 4031, Message: "The client was disconnected"}
		case "insert":
			err = s.Send(mysqltest.Result{AffectedRows: 300, LastInsertID: 1 << 40})
		case "two":
			first := echo("first")
			first.More = true
			err = errors.Join(s.Send(first), s.Send(echo("second")))
		default:
			err = s.Send(echo(fmt.Sprintf("%s@%s: %s %v", s.User, s.Database, statement.SQL, statement.Args)))
		}
		if err != nil {
			return err
		}
	}
}

func TestHandler(t *testing.T) {
	b := newBench(t, &mysqltest.Options{Handler: echo})
	config := b.config()
	config.MultiStatements = true
	conn := connect(t, config)
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
	_, err = conn.ExecContext(t.Context(), "secret")
	assert.EqualError(t, err, "Error 1105 (HY000): Unknown error")

	rows, err := conn.QueryContext(t.Context(), "two")
	require.NoError(t, err)
	defer rows.Close()
	var all []string
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			require.NoError(t, rows.Scan(&got))
			all = append(all, got)
		}
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, []string{"first", "second"}, all)

	_, err = conn.ExecContext(t.Context(), "end")
	var end *mysql.MySQLError
	require.ErrorAs(t, err, &end)
	assert.Equal(t, uint16(4031), end.Number)
}

func TestLongStatement(t *testing.T) {
	b := newBench(t, &mysqltest.Options{Handler: echo})
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

func TestWithoutHandler(t *testing.T) {
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
	cloud, err := azuretest.Start(nil)
	require.NoError(t, err)
	defer cloud.Close()
	id := cloud.AddUserAssigned(azuretest.Identity{})
	token := cloud.Mint(id, azuretest.TokenOptions{})
	before := runtime.NumGoroutine()

	ended := make(chan error, 1)
	server, err := mysqltest.Start(cloud, &mysqltest.Options{Handler: func(ctx context.Context, s *mysqltest.Session) error {
		_, err := s.Receive()
		ended <- errors.Join(err, ctx.Err())
		return err
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

	require.NoError(t, server.Close())
	require.NoError(t, server.Close())
	assert.ErrorIs(t, <-ended, context.Canceled)
	_, err = net.Dial("tcp", server.Addr())
	assert.Error(t, err)
	frontendtest.AssertServesNobody(t, server)
	frontendtest.RequireSettled(t, before+1) // the driver's own watcher of the idle connection
}
