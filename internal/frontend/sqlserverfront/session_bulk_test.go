package sqlserverfront_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/tds"
)

// bulkColumns are a table that is filled by bulk copy, with a value each of what
// go-mssqldb takes, and what arrives.
var bulkColumns = []struct {
	name, declared string
	value, want    any
}{
	{"i1", "tinyint", 200, int64(200)},
	{"i4", "int", -5, int64(-5)},
	{"i8", "bigint", int64(1) << 40, int64(1) << 40},
	{"b", "bit", true, true},
	{"f4", "real", 0.5, 0.5},
	{"f8", "float", 1.25, 1.25},
	{"d", "decimal(19,4)", "-12.3400", "-12.3400"},
	{"m", "money", "-7.25", "-7.2500"},
	{"c", "varchar(20)", "abc", "abc"},
	{"n", "nvarchar(20)", "日本", "日本"},
	{"x", "nvarchar(max)", strings.Repeat("é", 20_000), strings.Repeat("é", 20_000)},
	{"v", "varbinary(20)", []byte{1, 2}, []byte{1, 2}},
	{"w", "varbinary(max)", []byte{3}, []byte{3}},
	{"g", "uniqueidentifier", []byte{0xFF, 0x19, 0x96, 0x6F, 0x86, 0x8B, 0x11, 0xD0, 0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF}, "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
	{"d1", "date", at("2024-02-29 00:00:00 +00:00"), at("2024-02-29 00:00:00 +00:00")},
	{"t1", "time(7)", at("0001-01-01 12:34:56.1234567 +00:00"), at("0001-01-01 12:34:56.1234567 +00:00")},
	{"d2", "datetime2(7)", at("2024-02-29 12:34:56.1234567 +00:00"), at("2024-02-29 12:34:56.1234567 +00:00")},
	{"d3", "datetimeoffset(7)", at("2024-02-29 12:34:56.1234567 +02:00"), at("2024-02-29 12:34:56.1234567 +02:00")},
	{"d4", "datetime", at("2024-02-29 12:34:56.123 +00:00"), at("2024-02-29 12:34:56.123 +00:00")},
}

// bulkServer is a server with the table; loads get what is loaded.
func bulkServer(t *testing.T, loads chan<- *tds.BulkLoad) *sql.DB {
	var columns []tds.Column
	for _, c := range bulkColumns {
		columns = append(columns, tds.Column{Name: c.name, Type: kind(t, c.declared)})
	}
	return serveSQL(t, func(s *tds.Session, r tds.Request) error {
		switch r := r.(type) {
		case *tds.Transaction:
			s.FollowTransaction(r)
		case *tds.BulkLoad:
			loads <- r
			s.Done(int64(len(r.Rows)))
		case *tds.Batch:
			if strings.HasPrefix(r.SQL, "select * from [orders]") {
				return s.Columns(columns...)
			}
		}
		return nil
	})
}

func checkLoad(t *testing.T, load *tds.BulkLoad, rows int) {
	t.Helper()
	require.Len(t, load.Columns, len(bulkColumns))
	require.Len(t, load.Rows, rows)
	for i, c := range bulkColumns {
		assert.Equal(t, c.name, load.Columns[i].Name)
		assert.Equal(t, c.declared, load.Columns[i].Type.String())
		assert.False(t, load.Columns[i].NotNull)
		for n, row := range load.Rows {
			if n%2 == 1 {
				assert.Nil(t, row[i], c.name)
			} else if want, ok := c.want.(time.Time); ok {
				assert.True(t, want.Equal(row[i].(time.Time)), "%s: %v", c.name, row[i])
			} else {
				assert.Equal(t, c.want, row[i], c.name)
			}
		}
	}
}

func bulkRow(i int) []any {
	row := make([]any, len(bulkColumns))
	for j, c := range bulkColumns {
		if i%2 == 0 {
			row[j] = c.value
		}
	}
	return row
}

func bulkNames() []string {
	var names []string
	for _, c := range bulkColumns {
		names = append(names, c.name)
	}
	return names
}

func TestCopyIn(t *testing.T) {
	loads := make(chan *tds.BulkLoad, 1)
	db := bulkServer(t, loads)
	tx, err := db.Begin()
	require.NoError(t, err)
	stmt, err := tx.Prepare(mssql.CopyIn("orders", mssql.BulkOptions{Tablock: true}, bulkNames()...))
	require.NoError(t, err)
	for i := range 10 {
		_, err := stmt.Exec(bulkRow(i)...)
		require.NoError(t, err)
	}
	result, err := stmt.Exec()
	require.NoError(t, err)
	affected, err := result.RowsAffected()
	require.NoError(t, err)
	assert.EqualValues(t, 10, affected)
	require.NoError(t, stmt.Close())
	require.NoError(t, tx.Commit())
	checkLoad(t, <-loads, 10)
}

func TestCreateBulk(t *testing.T) {
	loads := make(chan *tds.BulkLoad, 1)
	db := bulkServer(t, loads)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Raw(func(c any) error {
		bulk := c.(*mssql.Conn).CreateBulkContext(t.Context(), "orders", bulkNames())
		for i := range 300 {
			if err := bulk.AddRow(bulkRow(i)); err != nil {
				return err
			}
		}
		rows, err := bulk.Done()
		if err == nil && rows != 300 {
			err = fmt.Errorf("%d rows", rows)
		}
		return err
	}))
	checkLoad(t, <-loads, 300)
}
