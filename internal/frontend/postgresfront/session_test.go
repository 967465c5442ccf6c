package postgresfront_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// echo is a handler for the simple protocol: a query returns its own text,
// "wait" waits to be cancelled, "fail" ends the session.
func echo(ctx context.Context, s *postgresfront.Session) error {
	for {
		message, err := s.Receive()
		if err != nil {
			return err
		}
		query, ok := message.(*pgproto3.Query)
		if !ok {
			return &pgconn.PgError{Severity: "FATAL", Code: "0A000", Message: "only simple queries"}
		}
		switch query.String {
		case "fail":
			return &pgconn.PgError{Severity: "FATAL", Code: "57P01", Message: "terminating connection"}
		case "wait":
			running, done := s.QueryContext(ctx)
			s.Send(&pgproto3.NoticeResponse{Severity: "NOTICE", Code: "00000", Message: "waiting"})
			if err := s.Flush(); err != nil {
				return err
			}
			<-running.Done()
			done()
			s.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "57014", Message: "canceling statement due to user request"})
		default:
			s.Send(
				&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("echo"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}}},
				&pgproto3.DataRow{Values: [][]byte{[]byte(s.User + "@" + s.Database + ": " + query.String)}},
				&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		}
		s.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}

func TestHandler(t *testing.T) {
	b := newBench(t, &postgresfront.Options{Handler: echo})
	config := b.config(t)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn := connect(t, config)
	for range 2 {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), "hello").Scan(&got))
		assert.Equal(t, "orders-app@orders: hello", got)
	}
	_, err := conn.Exec(t.Context(), "fail")
	var end *pgconn.PgError
	require.ErrorAs(t, err, &end)
	assert.Equal(t, "57P01", end.Code)
}

func TestHandlerCancel(t *testing.T) {
	b := newBench(t, &postgresfront.Options{Handler: echo})
	testPGCancel(t, b.config(t))
}

// testPGCancel cancels a query of pgEcho's and uses the connection afterwards.
func testPGCancel(t *testing.T, config *pgx.ConnConfig) {
	t.Helper()
	waiting := make(chan struct{})
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { close(waiting) }
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn := connect(t, config)
	bystander := connect(t, config)

	var group sync.WaitGroup
	group.Go(func() {
		<-waiting
		assert.NoError(t, bystander.PgConn().CancelRequest(t.Context())) // another key: no effect
		assert.NoError(t, conn.PgConn().CancelRequest(t.Context()))
	})
	_, err := conn.Exec(t.Context(), "wait")
	group.Wait()
	var cancelled *pgconn.PgError
	require.ErrorAs(t, err, &cancelled)
	assert.Equal(t, "57014", cancelled.Code)
	for _, c := range []*pgx.Conn{conn, bystander} {
		_, err = c.Exec(t.Context(), "hello")
		require.NoError(t, err)
	}
}

func TestWithoutHandler(t *testing.T) {
	b := newBench(t, nil)
	db := stdlib.OpenDB(*b.config(t))
	defer db.Close()
	require.NoError(t, db.PingContext(t.Context()))
	_, err := db.ExecContext(t.Context(), "insert into t values ($1, $2, $3)", 1, "two", time.Now())
	require.NoError(t, err)
	var n int
	assert.ErrorIs(t, db.QueryRowContext(t.Context(), "select 1").Scan(&n), sql.ErrNoRows)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "delete from t where id = $12", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())

	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		config := b.config(t)
		config.DefaultQueryExecMode = mode
		conn := connect(t, config)
		for range 2 {
			_, err := conn.Exec(t.Context(), "update t set a = $1 where b = $2", 1, "x")
			require.NoError(t, err, mode.String())
		}
	}
}

func TestPool(t *testing.T) {
	b := newBench(t, nil)
	config, err := pgxpool.ParseConfig("host=127.0.0.1")
	require.NoError(t, err)
	config.ConnConfig, config.MaxConns = b.config(t), 4
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	defer pool.Close()
	frontendtest.AssertPooled(t, b.Server, func() error {
		_, err := pool.Exec(t.Context(), "select $1::int", 1)
		return err
	})
}
