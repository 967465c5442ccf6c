package tsqlite

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const items = "CREATE TABLE items (id bigint IDENTITY PRIMARY KEY, name nvarchar(20) NOT NULL UNIQUE, amount int CHECK (amount >= 0))"

func TestSQLServerBatches(t *testing.T) {
	db := sqlServerDB(t, items)
	rows, err := db.Query(`SET NOCOUNT ON
		DECLARE @n int = 2, @name nvarchar(20)
		INSERT INTO items (name, amount) VALUES (N'a', @n), ('b;', 3)
		SELECT @name = name, @n = amount + 1 FROM items WHERE id = 2 -- the last one
		SET @n = @n + @@ROWCOUNT
		IF EXISTS (SELECT 1 FROM items WHERE name = 'zzz') SELECT 'there' ELSE SELECT @name AS name, @n AS n
		IF @n = 5 SELECT 'five'; ELSE SELECT 'other'
		SELECT id, name FROM items UNION ALL SELECT 9, 'x' ORDER BY id
		select ID = convert(bigint, SCOPE_IDENTITY())`)
	require.NoError(t, err)
	defer rows.Close()
	var got []string
	for more := true; more; more = rows.NextResultSet() {
		names, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			line := ""
			for i, n := range names {
				line += fmt.Sprintf("%s=%v ", n, *values[i].(*any))
			}
			got = append(got, line)
		}
		require.NoError(t, rows.Err())
	}
	assert.Equal(t, []string{"name=b; n=5 ", "=five ", "id=1 name=a ", "id=2 name=b; ", "id=9 name=x ", "ID=2 "}, got)
}

func TestSQLServerChanges(t *testing.T) {
	db := sqlServerDB(t, items)
	affected := func(query string, arguments ...any) int64 {
		t.Helper()
		result, err := db.Exec(query, arguments...)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		return n
	}
	assert.EqualValues(t, 3, affected("insert items (name, amount) values ('a', 1), ('b', 2), ('c', 3)"))
	assert.EqualValues(t, 2, affected("update items set amount = amount * 10 where id > @p1", 1))
	var id int64
	var name string
	require.NoError(t, db.QueryRow(`UPDATE "items" SET "name"=@p1 OUTPUT INSERTED."id", INSERTED.name WHERE "id" = @p2`, "d", 3).Scan(&id, &name))
	assert.Equal(t, "3d", fmt.Sprint(id, name))
	require.NoError(t, db.QueryRow("delete from items output deleted.* where name = 'b'").Scan(&id, &name, new(any)))
	assert.Equal(t, "2b", fmt.Sprint(id, name))
	assert.EqualValues(t, 1, affected("delete items where id = 3"))
	assert.EqualValues(t, 1, affected("insert into items select top 1 'copy', amount from items"))
	affected("truncate table items; alter table items add note nvarchar(max) null; create nonclustered index ix on items (note desc)")
	affected("insert into items (name, note) values ('a', 'n'); drop index ix on dbo.items; drop table if exists items, never_there")
	wantNumber(t, 208, db.QueryRow("select * from items").Scan())

	stmt, err := sqlServerDB(t, items).Prepare("insert into items (name) values (@name)")
	require.NoError(t, err)
	defer stmt.Close()
	for i := range 5 {
		_, err := stmt.Exec(sql.Named("name", fmt.Sprint("prepared ", i)))
		require.NoError(t, err)
	}
}

func TestSQLServerOutputParameters(t *testing.T) {
	db := sqlServerDB(t)
	number, text, moment := int64(20), "old", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	_, err := db.Exec("set @n = @n + 1; select @s = N'new ' + @s, @t = @t", sql.Named("n", sql.Out{Dest: &number}),
		sql.Named("s", sql.Out{Dest: &text}), sql.Named("t", sql.Out{Dest: &moment}))
	require.NoError(t, err)
	assert.EqualValues(t, 21, number)
	assert.Equal(t, "new", text, "the parameter has the size of its value")
	assert.True(t, moment.Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)), "%v", moment)
}

func TestSQLServerErrors(t *testing.T) {
	db := sqlServerDB(t, items, "create table parts (item bigint references items(id), pk int primary key)", "insert into items (name) values ('a')")
	db.SetMaxOpenConns(1)
	for query, number := range map[string]int{
		"select * from nowhere":                                     208,
		"select missing from items":                                 207,
		"insert into items (missing) values (1)":                    207,
		"select unknown_function(1)":                                195,
		"select from where":                                         102,
		"selec 1":                                                   102,
		"insert into items (name) values ('A')":                     2627,
		"insert into parts values (null, 1), (null, 1)":             2627,
		"insert into parts (item) values (1)":                       515,
		"insert into items (name) values (null)":                    515,
		"insert into parts values (77, 1)":                          547,
		"insert into items (name, amount) values ('b', -1)":         547,
		"insert into items (name) values ('123456789012345678901')": 2628,
		"create table items (id int)":                               2714,
		"select @nothing":                                           137,
		"use elsewhere":                                             911,
		"use;":                                                      102,
		"commit":                                                    3902,
		"rollback tran":                                             3903,
		"save tran x":                                               628,
		"exec sp_who":                                               2812,
		"sp_who":                                                    2812,
		"raiserror(N'failed with %s %d', 16, 2, N'code', 7)":        50000,
		"throw 51000, 'thrown', 3":                                  51000,
		"merge into items using items on 1 = 1 when matched then update set id=1": 40510,
		"create table bad (x geography)":                                          2715,
		"waitfor delay 'soon'":                                                    148,
	} {
		_, err := db.Exec(query)
		refusal := wantNumber(t, number, err)
		switch number {
		case 208:
			assert.Equal(t, "Invalid object name 'nowhere'.", refusal.Message)
		case 50000:
			assert.Equal(t, "failed with code 7", refusal.Message)
			assert.EqualValues(t, 2, refusal.State)
		}
	}
	_, err := db.Exec("insert into items (name) values ('a'); insert into items (name) values ('after')")
	wantNumber(t, 2627, err)
	_, err = db.Exec("select 1 from nowhere; insert into items (name) values ('never')")
	wantNumber(t, 208, err)
	_, err = db.Exec("throw 50001, 'stop', 1; insert into items (name) values ('never')")
	wantNumber(t, 50001, err)
	_, err = db.Exec("raiserror('only information', 10, 1); print 'so is this'; insert into items (name) values ('informed')")
	require.NoError(t, err)
	var names string
	require.NoError(t, db.QueryRow("select string_agg(name, ',') from (select top 10 name from items order by id) as x").Scan(&names))
	assert.Equal(t, "a,after,informed", names)
}
