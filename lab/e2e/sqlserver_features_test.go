package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/sqlserver"
)

// The connection below database/sql is this package's, with go-mssqldb's in it.
func TestSQLServerRawConnectionIsTheDrivers(t *testing.T) {
	b := sqlServer.on(t)
	db := b.readyDB(t)
	conn, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	var native *mssql.Conn
	require.NoError(t, conn.Raw(func(dc any) error {
		native = dc.(*sqlserver.Conn).Conn
		return nil
	}))
	require.NoError(t, sqlserver.Raw(conn, func(c *mssql.Conn) error {
		assert.Same(t, native, c)
		return nil
	}))
	failed := errors.New("the program's own")
	assert.Equal(t, failed, sqlserver.Raw(conn, func(*mssql.Conn) error { return failed }))
	assert.NoError(t, conn.PingContext(limited(t)))
}

func TestSQLServerNamedParameters(t *testing.T) {
	db := sqlServer.on(t).readyDB(t)
	const query = "select @last + ', ' + @first, @n * 2 where @first <> @last"
	want := []any{"Lovelace, Ada", 42}
	var name string
	var n int
	args := []any{sql.Named("first", "Ada"), sql.Named("n", 21), sql.Named("last", "Lovelace")}
	require.NoError(t, db.QueryRowContext(limited(t), query, args...).Scan(&name, &n))
	assert.Equal(t, want, []any{name, n})
	statement, err := db.PrepareContext(limited(t), query)
	require.NoError(t, err)
	defer func() { assert.NoError(t, statement.Close()) }()
	require.NoError(t, statement.QueryRowContext(limited(t), args...).Scan(&name, &n))
	assert.Equal(t, want, []any{name, n})
}

func TestSQLServerOutputParameters(t *testing.T) {
	db := sqlServer.on(t).readyDB(t)
	table := newTable(t, db, "id int identity primary key, item nvarchar(40)")
	id, doubled, when := int64(-1), 21, time.Time{}
	result, err := db.ExecContext(limited(t), "insert into "+table+" (item) values (@item); set @id = scope_identity(); set @n = @n * 2; set @at = @moment",
		sql.Named("item", "pencil"), sql.Named("id", sql.Out{Dest: &id}), sql.Named("n", sql.Out{Dest: &doubled, In: true}),
		sql.Named("at", sql.Out{Dest: &when}), sql.Named("moment", aMoment))
	require.NoError(t, err)
	affected, err := result.RowsAffected()
	require.NoError(t, err)
	assert.Equal(t, []any{int64(1), 42, int64(1)}, []any{id, doubled, affected})
	assert.True(t, when.Equal(aMoment), "%v", when)
}

// SQL Server has no last insert ID: the row itself comes back.
func TestSQLServerOutputInserted(t *testing.T) {
	db := sqlServer.on(t).readyDB(t)
	table := newTable(t, db, "id int identity primary key, item nvarchar(40), paid bit not null default 0")
	insert := "insert into " + table + " (item) output inserted.id, inserted.paid values (@p1)"
	for want := 1; want <= 3; want++ {
		var id int
		var paid bool
		require.NoError(t, db.QueryRowContext(limited(t), insert, "pencil").Scan(&id, &paid))
		assert.Equal(t, want, id)
		assert.False(t, paid)
	}
	_, err := execute(t, db, "insert into "+table+" (item) values (@p1)", "pen").LastInsertId()
	require.ErrorContains(t, err, "LastInsertId is not supported")
	var item string
	scan(t, db, "delete from "+table+" output deleted.item where id = 4", &item)
	assert.Equal(t, "pen", item)
}

// A query that is cancelled ends on the server, and its connection lives on.
func TestSQLServerCancelledQuery(t *testing.T) {
	b := sqlServer.on(t)
	db := b.readyDB(t)
	db.SetMaxOpenConns(1)
	watcher := b.readyDB(t)
	table := newTable(t, watcher, "spid int primary key")
	var spid int
	scan(t, db, "select @@spid", &spid)

	ctx, cancel := context.WithCancel(limited(t))
	ended := background(ctx, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "insert into "+table+" values (@@spid); waitfor delay '00:10:00'; insert into "+table+" values (0)")
		return err
	})
	await(t, "the query runs", func() bool { return count(t, watcher, table) == 1 })
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	var again int
	scan(t, db, "select @@spid", &again)
	assert.Equal(t, spid, again, "the session")
	assert.Equal(t, 1, count(t, db, table), "what came after is not run")
}

// handled is a SQL Server whose sessions the test runs itself, until the test ends.
func (b *bench) handled(t *testing.T, handler func(context.Context, *tds.Session) error) front {
	t.Helper()
	f, err := sqlserverfront.Start(b.Cloud, &sqlserverfront.Options{Handler: handler})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}

// readyAt is readyDB for a front end.
func (b *bench) readyAt(t *testing.T, f front, more ...string) *sql.DB {
	t.Helper()
	b.onAppService(t)
	id := b.userAssigned(t)
	return b.db(t, b.toFront(f, id.Name, append(more, b.key("client_id", id.ClientID))...), b.options())
}

// The stand-in's SQLite knows one level only: what counts is what reaches the server.
func TestSQLServerIsolationLevels(t *testing.T) {
	b := sqlServer.on(t)
	levels := make(chan tds.Isolation, 1)
	db := b.readyAt(t, b.handled(t, func(_ context.Context, s *tds.Session) error {
		for {
			request, err := s.Receive()
			if err != nil {
				return err
			}
			if transaction, ok := request.(*tds.Transaction); ok {
				if transaction.Action == tds.Begin {
					levels <- transaction.Isolation
				}
				s.FollowTransaction(transaction)
			}
		}
	}))
	for level, want := range map[sql.IsolationLevel]tds.Isolation{
		sql.LevelDefault:         tds.UseCurrent,
		sql.LevelReadUncommitted: tds.ReadUncommitted,
		sql.LevelReadCommitted:   tds.ReadCommitted,
		sql.LevelRepeatableRead:  tds.RepeatableRead,
		sql.LevelSerializable:    tds.Serializable,
		sql.LevelSnapshot:        tds.Snapshot,
	} {
		tx, err := db.BeginTx(limited(t), &sql.TxOptions{Isolation: level})
		require.NoError(t, err, level)
		assert.Equal(t, want, <-levels, level)
		require.NoError(t, tx.Commit(), level)
	}
	_, err := db.BeginTx(limited(t), &sql.TxOptions{ReadOnly: true})
	assert.ErrorContains(t, err, "read-only transactions are not supported")
}

// A failed statement ends a transaction where the session was told so. The batch that tells it runs in each session
// and, since the server makes a session like new when the pool hands it out, then too.
func TestSQLServerSessionInitSQL(t *testing.T) {
	b := sqlServer.on(t)
	_, text := b.ready(t)
	native := b.connector(t, text, b.options()).(*sqlserver.Connector)
	native.SessionInitSQL = "set xact_abort on"
	db := pooled(t, native)
	table := newTable(t, db, "id int primary key")
	for range 2 {
		tx, err := db.BeginTx(limited(t), nil)
		require.NoError(t, err)
		execute(t, tx, "insert into "+table+" values (1)")
		_, err = tx.ExecContext(limited(t), "insert into "+table+" values (1)")
		require.Equal(t, 2627, b.code(err), "%v", err)
		assert.ErrorContains(t, tx.Commit(), "aborted by the server")
	}
	assert.Zero(t, count(t, db, table))
}

// The driver's own types for what Go has none for.
func TestSQLServerTypesOfTheDriver(t *testing.T) {
	db := sqlServer.on(t).readyDB(t)
	table := newTable(t, db, "id uniqueidentifier primary key, code varchar(20), at datetimeoffset(7), day date, total decimal(10, 2), text nvarchar(max)")
	kathmandu := time.FixedZone("", 5*3600+45*60)
	at := aMoment.Add(100 * time.Nanosecond).In(kathmandu)
	id := mssql.UniqueIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	long := string(make([]rune, 9000)) + "é"
	execute(t, db, "insert into "+table+" values (@p1, @p2, @p3, @p4, @p5, @p6)",
		id, mssql.VarChar("code"), mssql.DateTimeOffset(at), at, "12.50", mssql.NVarCharMax(long))
	var gotID mssql.UniqueIdentifier
	var code, total, text string
	var gotAt, day time.Time
	scan(t, db, "select id, code, at, day, total, text from "+table, &gotID, &code, &gotAt, &day, &total, &text)
	assert.Equal(t, []any{id, "code", "12.50", long}, []any{gotID, code, total, text})
	assert.True(t, at.Equal(gotAt), "%v", gotAt)
	_, offset := gotAt.Zone()
	assert.Equal(t, 5*3600+45*60, offset)
	assert.Equal(t, "2026-07-14", day.Format(time.DateOnly))
}

// The server's errors are the driver's own, and leave the connection as it was.
func TestSQLServerErrors(t *testing.T) {
	b := sqlServer.on(t)
	db := b.readyDB(t)
	db.SetMaxOpenConns(1)
	var spid, again int
	scan(t, db, "select @@spid", &spid)
	for statement, want := range map[string][]any{
		"throw 50001, 'mine', 3":          {int32(50001), uint8(3), "mine"},
		"raiserror('mine too', 16, 2)":    {int32(50000), uint8(2), "mine too"},
		"select * from dbo.of_no_table":   {int32(208), uint8(1), "Invalid object name 'of_no_table'."},
		"exec dbo.of_no_procedure @a = 1": {int32(2812), uint8(1), "Could not find stored procedure 'dbo'."},
	} {
		_, err := db.ExecContext(limited(t), statement)
		refused, ok := errors.AsType[mssql.Error](err)
		if assert.True(t, ok, "%T: %v", err, err) {
			assert.Equal(t, want, []any{refused.Number, refused.State, refused.Message})
		}
	}
	scan(t, db, "select @@spid", &again)
	assert.Equal(t, spid, again)
}
