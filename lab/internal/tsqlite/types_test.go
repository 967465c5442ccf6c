package tsqlite

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

// sqlServerDB is a pool of the user "my-app" of a new stand-in, with statements executed.
func sqlServerDB(t *testing.T, statements ...string) *sql.DB {
	t.Helper()
	cloud := azuretest.New(t)
	server, info, err := Start(t.Context(), cloud, engine.Options{Database: "app"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	require.NoError(t, server.CreateUser(t.Context(), "my-app", ""))
	config, err := msdsn.Parse("sqlserver://" + info.Addr() + "?encrypt=true&database=app")
	require.NoError(t, err)
	config.TLSConfig.RootCAs = cloud.CA().Pool()
	token := cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: "my-app"}), azuretest.SQLAudience)
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	for _, s := range statements {
		_, err := db.Exec(s)
		require.NoError(t, err, s)
	}
	return db
}

// wantNumber asserts that err is SQL Server's error of that number.
func wantNumber(t *testing.T, number int, err error) mssql.Error {
	t.Helper()
	refusal, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok, "%v", err)
	assert.EqualValues(t, number, refusal.Number, "%v", err)
	return refusal
}

const ordersTable = `CREATE TABLE [dbo].[orders] (
	[id] int IDENTITY(1,1) NOT NULL PRIMARY KEY CLUSTERED,
	[customer] nvarchar(40) NOT NULL,
	[note] nvarchar(max) NULL,
	[paid] bit NOT NULL DEFAULT 0,
	[total] decimal(10, 2) NULL DEFAULT ((1.5)),
	[weight] float NULL,
	[placed] datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME(),
	[raw] varbinary(16) NULL,
	[ref] uniqueidentifier NULL DEFAULT NEWID(),
	[big] bigint NULL,
	CONSTRAINT [uq_customer] UNIQUE ([customer])
)`

func TestSQLServerTypes(t *testing.T) {
	db := sqlServerDB(t, ordersTable)
	moment := time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)
	guid := mssql.UniqueIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	var id int
	require.NoError(t, db.QueryRow(`insert into dbo.orders (customer, note, paid, total, weight, placed, raw, ref, big)
		output inserted.id values (@c, @note, @paid, @total, @weight, @placed, @raw, @ref, @big)`,
		sql.Named("c", "Ångström"), sql.Named("note", nil), sql.Named("paid", true), sql.Named("total", "12.50"), sql.Named("weight", 0.5),
		sql.Named("placed", moment), sql.Named("raw", []byte{0, 255}), sql.Named("ref", guid), sql.Named("big", int64(1)<<60)).Scan(&id))
	assert.Equal(t, 1, id)

	rows, err := db.Query("select * from [orders] where [customer] = @p1", "ångström")
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	want := []string{"INT", "NVARCHAR", "NVARCHAR", "BIT", "DECIMAL", "FLOAT", "DATETIME2", "VARBINARY", "UNIQUEIDENTIFIER", "BIGINT"}
	for i, c := range types {
		assert.Equal(t, want[i], c.DatabaseTypeName(), c.Name())
	}
	require.False(t, rows.Next(), "SQLite folds the case of ASCII only")
	require.NoError(t, rows.Close())

	var customer, total string
	var note sql.NullString
	var paid bool
	var weight float64
	var placed time.Time
	var raw []byte
	var ref mssql.UniqueIdentifier
	var big int64
	require.NoError(t, db.QueryRow("select * from orders").Scan(&id, &customer, &note, &paid, &total, &weight, &placed, &raw, &ref, &big))
	assert.Equal(t, "Ångström", customer)
	assert.False(t, note.Valid)
	assert.True(t, paid)
	assert.Equal(t, "12.50", total)
	assert.InDelta(t, 0.5, weight, 0)
	assert.True(t, moment.Equal(placed), "%v", placed)
	assert.Equal(t, []byte{0, 255}, raw)
	assert.Equal(t, guid, ref)
	assert.Equal(t, int64(1)<<60, big)

	_, err = db.Exec("insert orders (customer) values (N'it''s')")
	require.NoError(t, err)
	require.NoError(t, db.QueryRow("select paid, total, placed, ref from orders where customer like N'it''%'").Scan(&paid, &total, &placed, &ref))
	assert.False(t, paid)
	assert.Equal(t, "1.50", total)
	assert.WithinDuration(t, time.Now(), placed, time.Minute)
	assert.NotZero(t, ref)
}

// expressionCases are the rows of TestSQLServerExpressions.
var expressionCases = []struct {
	query, kind string
	want        any
}{
	{"select 1", "INT", int64(1)},
	{"select 3000000000", "BIGINT", int64(3_000_000_000)},
	{"select N'a' + N'b' as s", "NVARCHAR", "ab"},
	{"select 'x' + customer from orders where id = 1", "NVARCHAR", "xa"},
	{"select 0x0AFF", "VARBINARY", []byte{0x0A, 0xFF}},
	{"select cast(N'12' as int)", "INT", int64(12)},
	{"select convert(bigint, 12)", "BIGINT", int64(12)},
	{"select convert(nvarchar(2), 'abc')", "NVARCHAR", "ab"},
	{"select cast(1 as bit)", "BIT", true},
	{"select cast('1.256' as decimal(9,2))", "DECIMAL", []byte("1.26")},
	{"select cast('2024-02-29 10:11:12' as datetime2(0))", "DATETIME2", time.Date(2024, 2, 29, 10, 11, 12, 0, time.UTC)},
	{"select cast('2024-02-29' as date)", "DATE", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
	{"select cast('2024-02-29T10:11:12.5' as datetime2(1))", "DATETIME2", time.Date(2024, 2, 29, 10, 11, 12, 500_000_000, time.UTC)},
	{"select cast('2024-02-29 10:11' as datetime)", "DATETIME", time.Date(2024, 2, 29, 10, 11, 0, 0, time.UTC)},
	{"select cast('20240229' as datetime)", "DATETIME", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
	{"select cast('2024-02-29 10:11:12 +00:00' as datetimeoffset(0))", "DATETIMEOFFSET", time.Date(2024, 2, 29, 10, 11, 12, 0, time.FixedZone("", 0))},
	{"select len(N'ab  ')", "INT", int64(2)},
	{"select isnull(null, 5)", "INT", int64(5)},
	{"select charindex('b', 'abc'), left('abc', 2), right('abc', 2), upper('a'), substring('abc', 2, 1)", "INT", int64(2)},
	{"select count(*) from orders", "INT", int64(2)},
	{"select max(total) from orders", "DECIMAL", []byte("20.25")},
	{"select top 1 customer from orders order by id desc", "NVARCHAR", "b"},
	{"select top (1) o.customer as c from dbo.orders as o with (nolock) order by o.id", "NVARCHAR", "a"},
	{"select distinct customer from [app].[dbo].[orders] order by customer offset 1 rows fetch next 1 rows only", "NVARCHAR", "b"},
	{"select n = id from orders where id in (select top 1 id from orders order by id desc)", "INT", int64(2)},
	{"with x as (select id from orders) select id from x where id = 2 option (maxdop 1)", "INT", int64(2)},
	{"select year('2024-02-29')", "INT", int64(2024)},
	{"select iif(1 = 1, 'y', 'n')", "NVARCHAR", "y"},
	{"select case when 1 <> 2 and 2 >= 1 then 'y' else 'n' end", "NVARCHAR", "y"},
	{"select @@trancount", "INT", int64(0)},
	{"select schema_name()", "NVARCHAR", "dbo"},
	{"select null", "INT", nil},
}

// TestSQLServerExpressions: the values and types of what is not a column.
func TestSQLServerExpressions(t *testing.T) {
	db := sqlServerDB(t, ordersTable, "insert into orders (customer, total) values ('a', 10), ('b', 20.25)")
	for _, row := range expressionCases {
		t.Run(row.query, func(t *testing.T) {
			rows, err := db.Query(row.query)
			require.NoError(t, err)
			defer rows.Close()
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			assert.Equal(t, row.kind, types[0].DatabaseTypeName())
			require.True(t, rows.Next(), "%v", rows.Err())
			values := make([]any, len(types))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			assert.Equal(t, row.want, *values[0].(*any))
			require.NoError(t, rows.Err())
		})
	}
	var now time.Time
	for _, clock := range []string{"getdate()", "sysutcdatetime()", "sysdatetime()", "sysdatetimeoffset()", "current_timestamp"} {
		require.NoError(t, db.QueryRow("select "+clock+" as now").Scan(&now))
		assert.WithinDuration(t, time.Now(), now, time.Minute, clock)
	}
}

func TestSQLServerDefaults(t *testing.T) {
	db := sqlServerDB(t, `create table d (a int default cast('5' as int) not null, b int default len('abc'), c int default -1, d int default null,
		e varchar(5) collate Latin1_General_CI_AS default 'x' not null, f nvarchar(128) default user_name(), g datetime default getdate())`,
		"insert into d default values")
	assert.Equal(t, "5 3 -1 <nil> x my-app", table(t, db, "select a, b, c, d, e, f from d"))
	assert.Equal(t, "1", table(t, db, "select count(*) from d where g > '2020-01-01'"))
}
