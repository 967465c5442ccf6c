package sqlserverfront_test

import (
	"bytes"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/tds"
)

// TestParameters sends values with go-mssqldb as parameters.
func TestParameters(t *testing.T) {
	guid := mssql.UniqueIdentifier{0x6F, 0x96, 0x19, 0xFF, 0x8B, 0x86, 0xD0, 0x11, 0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF}
	moment := at("2024-02-29 12:34:56.1234567 +05:30")
	var date mssql.NullDate
	require.NoError(t, date.Scan(moment))
	var clock mssql.NullTime
	require.NoError(t, clock.Scan(moment))
	var both mssql.NullDateTime
	require.NoError(t, both.Scan(moment))
	for _, row := range []struct {
		value    any
		declared string
		want     any
	}{
		{nil, "nvarchar(1)", nil},
		{int64(math.MinInt64), "bigint", int64(math.MinInt64)},
		{int32(-7), "int", int64(-7)},
		{int16(-7), "smallint", int64(-7)},
		{uint8(200), "tinyint", int64(200)},
		{true, "bit", true},
		{1.5, "float", 1.5},
		{float32(0.5), "real", 0.5},
		{"日本 😀", "nvarchar(5)", "日本 😀"},
		{"", "nvarchar(max)", ""},
		{strings.Repeat("é", 10_000), "nvarchar(max)", strings.Repeat("é", 10_000)},
		{mssql.NChar("ab"), "nchar(2)", "ab"},
		{mssql.VarChar("abc"), "varchar(3)", "abc"},
		{mssql.VarCharMax("abc"), "varchar(max)", "abc"},
		{mssql.NVarCharMax("é"), "nvarchar(max)", "é"},
		{[]byte{0, 1, 255}, "varbinary(3)", []byte{0, 1, 255}},
		{[]byte{}, "varbinary(max)", []byte{}},
		{[]byte(nil), "varbinary(max)", nil},
		{bytes.Repeat([]byte{9}, 70_000), "varbinary(max)", bytes.Repeat([]byte{9}, 70_000)},
		{guid, "uniqueidentifier", "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
		{moment, "datetimeoffset(7)", moment},
		{mssql.DateTime1(at("2024-02-29 12:34:56.123 +00:00")), "datetime", at("2024-02-29 12:34:56.123 +00:00")},
		{date, "date", at("2024-02-29 00:00:00 +00:00")},
		{clock, "time(7)", at("0001-01-01 12:34:56.1234567 +00:00")},
		{mssql.NullDate{}, "date", nil},
		{mssql.NullTime{}, "time(7)", nil},
		{mssql.NullDateTime{}, "datetime2(7)", nil},
		{sql.NullInt32{}, "int", nil},
		{sql.NullFloat64{}, "float", nil},
		{sql.NullBool{}, "bit", nil},
		{sql.NullString{}, "nvarchar(4000)", nil},
		{sql.NullTime{}, "datetimeoffset(7)", nil},
		{both, "datetime2(7)", at("2024-02-29 12:34:56.1234567 +00:00")},
	} {
		t.Run(row.declared, func(t *testing.T) { assertArrives(t, row.value, row.declared, row.want) })
	}
}

// assertArrives sends a value as a parameter, which is declared by that type.
func assertArrives(t *testing.T, value any, declared string, want any) {
	t.Helper()
	var seen recorder
	db := serveSQL(t, func(_ *tds.Session, r tds.Request) error {
		seen.add(r)
		return nil
	})
	_, err := db.Exec("insert into t values (@p1)", value)
	require.NoError(t, err)
	requests := seen.all()
	require.Len(t, requests, 1)
	batch := requests[0].(*tds.Batch)
	assert.Equal(t, "insert into t values (@p1)", batch.SQL)
	require.Len(t, batch.Parameters, 1)
	p := batch.Parameters[0]
	assert.Equal(t, "@p1", p.Name)
	assert.Equal(t, declared, p.Type.String())
	if want, ok := want.(time.Time); ok {
		assert.True(t, want.Equal(p.Value.(time.Time)), "got %v, want %v", p.Value, want)
		return
	}
	assert.Equal(t, want, p.Value)
}
