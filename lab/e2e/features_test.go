package e2e_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/postgres"
)

// ready is a new managed identity with a role, and a string for it with more parameters.
func (s *stage) ready(t *testing.T, more string) (role, text string) {
	t.Helper()
	s.onAppService(t)
	id := s.userAssigned(t)
	return id.Name, s.libpq(id.Name) + " client_id=" + id.ClientID + " " + more
}

// withPGX is what a program does that needs pgx itself below database/sql.
func withPGX(t *testing.T, db *sql.DB, use func(*pgx.Conn)) {
	t.Helper()
	conn, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Raw(func(dc any) error {
		use(dc.(*stdlib.Conn).Conn())
		return nil
	}))
}

func TestRawConnectionIsPGXs(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "")
	withPGX(t, openDB(t, text, s.options()), func(conn *pgx.Conn) {
		_, err := conn.Exec(limited(t), "create temporary table t (id int, tags text[])")
		require.NoError(t, err)
		rows := [][]any{{1, []string{"a", "b"}}, {2, []string{}}, {3, nil}}
		copied, err := conn.CopyFrom(limited(t), pgx.Identifier{"t"}, []string{"id", "tags"}, pgx.CopyFromRows(rows))
		require.NoError(t, err)
		assert.Equal(t, int64(3), copied)
		var tags []string
		var owner string
		require.NoError(t, conn.QueryRow(limited(t), "select tags, current_user from t where id = $1", 1).Scan(&tags, &owner))
		assert.Equal(t, []string{"a", "b"}, tags)
		assert.Equal(t, role, owner)

		batch := &pgx.Batch{}
		batch.Queue("delete from t where id = 1")
		batch.Queue("select count(*) from t").QueryRow(func(row pgx.Row) error {
			var n int
			err := row.Scan(&n)
			assert.Equal(t, 2, n)
			return err
		})
		require.NoError(t, conn.SendBatch(limited(t), batch).Close())
	})
}

func TestListenAndNotify(t *testing.T) {
	s := onStage(t)
	_, text := s.ready(t, "")
	db := openDB(t, text, s.options())
	withPGX(t, db, func(conn *pgx.Conn) {
		_, err := conn.Exec(limited(t), "listen orders")
		require.NoError(t, err)
		_, err = db.ExecContext(limited(t), "select pg_notify('orders', '42')") // on another connection
		require.NoError(t, err)
		notification, err := conn.WaitForNotification(limited(t))
		require.NoError(t, err)
		assert.Equal(t, "42", notification.Payload)
	})
}

func TestArraysThroughDatabaseSQL(t *testing.T) {
	s := onStage(t)
	_, text := s.ready(t, "")
	db := openDB(t, text, s.options())
	types := pgtype.NewMap()
	var doubled []int64
	row := db.QueryRowContext(limited(t), "select array(select 2 * n from unnest($1::bigint[]) n)", []int64{1, 2, 3})
	require.NoError(t, row.Scan(types.SQLScanner(&doubled)))
	assert.Equal(t, []int64{2, 4, 6}, doubled)
}

func TestCancelledQueryEndsOnTheServer(t *testing.T) {
	s := onStage(t)
	role, text := s.ready(t, "application_name=sleeper")
	db := openDB(t, text, s.options())
	pool := openPool(t, text, s.options())
	sleep := "select pg_sleep(600)"
	sleeping := func() int {
		var n int
		s.ask(t, "select count(*) from pg_stat_activity where usename = $1 and state = 'active' and query = $2", []any{role, sleep}, &n)
		return n
	}
	for name, query := range map[string]func(context.Context) error{
		"database/sql": func(ctx context.Context) error { _, err := db.ExecContext(ctx, sleep); return err },
		"pgxpool":      func(ctx context.Context) error { _, err := pool.Exec(ctx, sleep); return err },
	} {
		ctx, cancel := context.WithCancel(limited(t))
		ended := background(ctx, query)
		await(t, name+": the query runs", func() bool { return sleeping() == 1 })
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled, name)
		await(t, name+": the query has ended", func() bool { return sleeping() == 0 })
	}
	requireUser(t, role, db)
	requirePoolUser(t, role, pool)
}

func TestStatementsAndTransactions(t *testing.T) {
	s := onStage(t)
	for _, mode := range []string{"", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run("mode "+mode, func(t *testing.T) {
			more := ""
			if mode != "" {
				more = "default_query_exec_mode=" + mode
			}
			_, text := s.ready(t, more)
			db := openDB(t, text, s.options())
			table := "t_" + strconv.Itoa(int(time.Now().UnixNano()))
			_, err := db.ExecContext(limited(t), "create table "+table+" (id int primary key, name text)")
			require.NoError(t, err)
			statement, err := db.PrepareContext(limited(t), "insert into "+table+" values ($1, $2)")
			require.NoError(t, err)
			defer func() { assert.NoError(t, statement.Close()) }()

			insert := func(id int, finish func(*sql.Tx) error) {
				tx, err := db.BeginTx(limited(t), &sql.TxOptions{Isolation: sql.LevelSerializable})
				require.NoError(t, err)
				_, err = tx.StmtContext(limited(t), statement).ExecContext(limited(t), id, "name")
				require.NoError(t, err)
				require.NoError(t, finish(tx))
			}
			insert(1, (*sql.Tx).Commit)
			insert(2, (*sql.Tx).Rollback)
			_, err = statement.ExecContext(limited(t), 1, "again")
			requireState(t, err, "23505", "duplicate key")
			var ids string
			require.NoError(t, db.QueryRowContext(limited(t), "select string_agg(id::text, ',') from "+table+" where name = $1", "name").Scan(&ids))
			assert.Equal(t, "1", ids)
		})
	}
}

// What wraps drivers (tracing, ORMs) works with a driver's name and a string, or with driver.DriverContext:
// nothing has to be registered with pgx.
func TestDriverByName(t *testing.T) {
	s := onStage(t)
	s.setTrust(t)
	role, text := s.ready(t, "")
	db := sqlOpen(t, text)
	requireUser(t, role, db)
	assert.Contains(t, sql.Drivers(), postgres.DriverName)

	wrapped, err := db.Driver().(driver.DriverContext).OpenConnector(text)
	require.NoError(t, err)
	again := sql.OpenDB(wrapped)
	defer func() { assert.NoError(t, again.Close()) }()
	requireUser(t, role, again)
	conn, err := db.Driver().Open(text)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

// A list of hosts is tried in order. One that cannot prove its name is not sent the token.
func TestNextHostOfAList(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	impostor := s.named(t, "another.example")
	deaf := s.newValve(t).nowhere
	for name, first := range map[string]string{"nobody listens": deaf, "certificate of another name": impostor.Addr()} {
		host, port, err := net.SplitHostPort(first)
		require.NoError(t, err, name)
		for _, text := range []string{
			fmt.Sprintf("host=%s,%s port=%s,%d dbname=%s user=%s client_id=%s target_session_attrs=read-write",
				host, s.server.Host, port, s.server.Port, s.server.Database, id.Name, id.ClientID),
			fmt.Sprintf("postgres://%s@%s,%s/%s?client_id=%s", id.Name, first, s.server.Addr(), s.server.Database, id.ClientID),
		} {
			requireUser(t, id.Name, openDB(t, text, s.options()))
			requirePoolUser(t, id.Name, openPool(t, text, s.options()))
		}
	}
	requireNoToken(t, impostor)
}
