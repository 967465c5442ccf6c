package tsqlite

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// table reads a result as lines of text.
func table(t *testing.T, db *sql.DB, query string, arguments ...any) string {
	t.Helper()
	rows, err := db.Query(query, arguments...)
	require.NoError(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	var lines []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		require.NoError(t, rows.Scan(values...))
		line := make([]string, len(names))
		for i, v := range values {
			line[i] = fmt.Sprint(*v.(*any))
		}
		lines = append(lines, strings.Join(line, " "))
	}
	require.NoError(t, rows.Err())
	return strings.Join(lines, "\n")
}

// TestSQLServerPrivileges asks what passwordless doctor does after the login.
func TestSQLServerPrivileges(t *testing.T) {
	db := sqlServerDB(t)
	assert.Equal(t, "connect 1\nread all tables 1", table(t, db, `select 'connect', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'CONNECT'))
union all select 'read all tables', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'SELECT'))`))
	assert.Equal(t, "32767 1 0", table(t, db, "select @@max_connections, (select count(*) from sys.dm_exec_sessions where is_user_process = 1), 0"))
}

// TestSQLServerCatalog asks what GORM's migrator (gorm.io/driver/sqlserver, migrator.go) and people ask.
func TestSQLServerCatalog(t *testing.T) {
	db := sqlServerDB(t, ordersTable, `CREATE TABLE "lines" ("id" bigint IDENTITY(1,1),"order_id" int NOT NULL,"text" nvarchar(64) DEFAULT N'x',
		"price" decimal(10, 2),"at" datetimeoffset, PRIMARY KEY ("id"), CONSTRAINT "fk_order" FOREIGN KEY ("order_id") REFERENCES "orders"("id"))`,
		`CREATE INDEX "idx_text" ON "lines"("text") INCLUDE ("at") WITH (FILLFACTOR = 80)`)
	assert.Equal(t, "1", table(t, db, "SELECT count(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = @p1 AND TABLE_CATALOG = @p2 and TABLE_SCHEMA like @p3 AND TABLE_TYPE = @p4",
		"Lines", "app", "%", "BASE TABLE"))
	assert.Equal(t, strings.Join([]string{
		"id bigint <nil> NO <nil> <nil> <nil> <nil> <nil> 1",
		"order_id int <nil> NO <nil> <nil> <nil> <nil> <nil> 0",
		"text nvarchar ('x') YES 64 <nil> <nil> <nil> <nil> 0",
		"price decimal <nil> YES <nil> 10 10 2 <nil> 0",
		"at datetimeoffset <nil> YES <nil> <nil> <nil> <nil> 7 0",
	}, "\n"), table(t, db, `
SELECT COLUMN_NAME, DATA_TYPE, COLUMN_DEFAULT, c.IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_PRECISION_RADIX, NUMERIC_SCALE, DATETIME_PRECISION, AUTO_INCREMENT = c2.is_identity
FROM INFORMATION_SCHEMA.COLUMNS c
LEFT JOIN sys.tables t ON c.TABLE_NAME = t.[name]
LEFT JOIN sys.columns c2 ON t.object_id = c2.object_id AND c2.[name] = c.COLUMN_NAME
WHERE TABLE_CATALOG = @p1 AND TABLE_NAME = @p2`, "app", "lines"))
	assert.Equal(t, "id PRIMARY KEY\ncustomer UNIQUE", table(t, db, `SELECT c.COLUMN_NAME, t.CONSTRAINT_TYPE FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS t
		JOIN INFORMATION_SCHEMA.CONSTRAINT_COLUMN_USAGE c ON c.CONSTRAINT_NAME=t.CONSTRAINT_NAME
		WHERE t.CONSTRAINT_TYPE IN ('PRIMARY KEY', 'UNIQUE') AND c.TABLE_CATALOG = @p1 AND c.TABLE_NAME = @p2`, "app", "orders"))
	assert.Equal(t, "1", table(t, db, "SELECT count(*) FROM sys.indexes WHERE name=@p1 AND object_id=OBJECT_ID(@p2)", "idx_text", "lines"))
	assert.Equal(t, "fk_order lines", table(t, db, "SELECT name, OBJECT_NAME(parent_object_id) as parent FROM sys.foreign_keys WHERE referenced_object_id = object_id(@p1)", "orders"))
	assert.Empty(t, table(t, db, "SELECT value FROM [app].sys.fn_listextendedproperty('MS_Description', 'SCHEMA', @p1, 'TABLE', 'lines', 'COLUMN', 'id')", "dbo"))
	assert.Equal(t, "yes", table(t, db, "if object_id(N'[dbo].[orders]', N'U') is not null select 'yes' else select 'no'"))
	assert.Equal(t, "lines\norders", table(t, db, "select name from sys.tables order by name"))

	_, err := db.Exec(`ALTER TABLE "lines" ALTER COLUMN "price" decimal(10, 2) NULL`)
	require.NoError(t, err, "it has that type")
	_, err = db.Exec(`ALTER TABLE "lines" ALTER COLUMN "price" decimal(12, 2) NULL`)
	wantNumber(t, 40510, err)
	_, err = db.Exec(`ALTER TABLE "lines" DROP COLUMN "price"`)
	require.NoError(t, err)
	_, err = db.Exec("drop table lines; drop table orders")
	require.NoError(t, err)
	assert.Empty(t, table(t, db, "select name from sys.objects"))
}

// TestSQLServerMerge: what GORM writes for OnConflict.
func TestSQLServerMerge(t *testing.T) {
	db := sqlServerDB(t, items, "insert into items (name, amount) values ('a', 1)")
	merge := `MERGE INTO "items" USING (VALUES(1,@p1,@p2),(7,'c',3)) AS excluded ("id","name","amount") ON "items"."id" = "excluded"."id" ` +
		`WHEN MATCHED THEN UPDATE SET "name"="excluded"."name","amount"="excluded"."amount" ` +
		`WHEN NOT MATCHED THEN INSERT ("name","amount") VALUES ("excluded"."name","excluded"."amount")`
	assert.Equal(t, "1\n2", table(t, db, merge+` OUTPUT INSERTED."id";`, "b", 2))
	assert.Equal(t, "1 b 2\n2 c 3", table(t, db, "select * from items order by id"))
	result, err := db.Exec(strings.Replace(merge, "'c'", "'d'", 1), "a", 4)
	require.NoError(t, err)
	affected, err := result.RowsAffected()
	require.NoError(t, err)
	assert.EqualValues(t, 2, affected)
	_, err = db.Exec(merge, "z", 5)
	wantNumber(t, 2627, err)
	assert.Equal(t, "a", table(t, db, "select name from items where id = 1"), "all or nothing")
}
