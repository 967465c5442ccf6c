package sqlserverfront_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/tds"
)

func at(value string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.9999999 -07:00", value)
	if err != nil {
		panic(err)
	}
	return t
}

// values are values of a column and what go-mssqldb makes of them.
var values = []struct {
	declared string
	value    any // what the handler sends
	want     any // what database/sql scans; nil: the same
}{
	{"tinyint", int64(0), nil},
	{"tinyint", int64(255), nil},
	{"smallint", int64(math.MinInt16), nil},
	{"smallint", int64(math.MaxInt16), nil},
	{"int", int64(math.MinInt32), nil},
	{"int", int64(math.MaxInt32), nil},
	{"bigint", int64(math.MinInt64), nil},
	{"bigint", int64(math.MaxInt64), nil},
	{"bigint", true, int64(1)},
	{"bit", true, nil},
	{"bit", false, nil},
	{"bit", int64(7), true},
	{"real", float64(float32(-1.5e38)), nil},
	{"float(24)", 0.5, nil},
	{"float", math.MaxFloat64, nil},
	{"float", math.SmallestNonzeroFloat64, nil},
	{"float", int64(3), 3.0},
	{"decimal(9,2)", "-1234567.89", []byte("-1234567.89")},
	{"decimal(9,2)", "1.005", []byte("1.01")},
	{"decimal(9,2)", "-1.005", []byte("-1.01")},
	{"decimal(9,2)", 0.1, []byte("0.10")},
	{"decimal(19,0)", int64(math.MaxInt64), []byte("9223372036854775807")},
	{"numeric(28,28)", "0.0000000000000000000000000001", []byte("0.0000000000000000000000000001")},
	{"decimal(38,0)", "-" + strings.Repeat("9", 38), []byte("-" + strings.Repeat("9", 38))},
	{"decimal(38,10)", "1e-10", []byte("0.0000000001")},
	{"money", "-922337203685477.5808", []byte("-922337203685477.5808")},
	{"money", "922337203685477.5807", []byte("922337203685477.5807")},
	{"smallmoney", "-214748.3648", []byte("-214748.3648")},
	{"smallmoney", 2.5, []byte("2.5000")},
	{"char(4)", "ab", "ab  "},
	{"varchar(10)", "naïve €", nil},
	{"varchar(10)", "日本", "??"},
	{"varchar(10)", "", nil},
	{"varchar(max)", strings.Repeat("x", 9000), nil},
	{"nchar(4)", "é", "é   "},
	{"nvarchar(10)", "日本 😀", nil},
	{"nvarchar(4000)", strings.Repeat("ä", 4000), nil},
	{"nvarchar(max)", strings.Repeat("日本", 50_000), nil},
	{"nvarchar(max)", "", nil},
	{"xml", "<a b=\"c\">é</a>", nil},
	{"binary(4)", []byte{1, 2}, []byte{1, 2, 0, 0}},
	{"varbinary(8000)", bytes.Repeat([]byte{0, 255}, 4000), nil},
	{"varbinary(max)", bytes.Repeat([]byte{7}, 100_000), nil},
	{"varbinary(max)", []byte{}, nil},
	{"uniqueidentifier", "6F9619FF-8B86-D011-B42D-00C04FC964FF", mssql.UniqueIdentifier{
		0x6F, 0x96, 0x19, 0xFF, 0x8B, 0x86, 0xD0, 0x11, 0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF}},
	{"date", at("0001-01-01 00:00:00 +00:00"), nil},
	{"date", at("9999-12-31 00:00:00 +00:00"), nil},
	{"date", at("1969-12-31 23:59:59 +00:00"), at("1969-12-31 00:00:00 +00:00")},
	{"time(0)", at("0001-01-01 23:59:59 +00:00"), nil},
	{"time", at("2024-02-29 12:34:56.1234567 +00:00"), at("0001-01-01 12:34:56.1234567 +00:00")},
	{"time(3)", at("0001-01-01 23:59:59.9999 +00:00"), at("0001-01-01 00:00:00 +00:00")},
	{"datetime", at("1753-01-01 00:00:00 +00:00"), nil},
	{"datetime", at("9999-12-31 23:59:59.997 +00:00"), nil},
	{"datetime", at("1899-12-31 23:59:59.999 +00:00"), at("1900-01-01 00:00:00 +00:00")},
	{"datetime", at("2024-02-29 12:34:56.124 +00:00"), at("2024-02-29 12:34:56.123 +00:00")},
	{"smalldatetime", at("1900-01-01 00:00:00 +00:00"), nil},
	{"smalldatetime", at("2079-06-06 23:59:00 +00:00"), nil},
	{"smalldatetime", at("2024-02-29 23:59:30 +00:00"), at("2024-03-01 00:00:00 +00:00")},
	{"datetime2", at("9999-12-31 23:59:59.9999999 +00:00"), nil},
	{"datetime2", at("0001-01-01 00:00:00 +00:00"), nil},
	{"datetime2(0)", at("2024-02-29 12:34:56.5 +00:00"), at("2024-02-29 12:34:57 +00:00")},
	{"datetime2(3)", at("2024-02-29 12:34:56.789 +05:30"), at("2024-02-29 12:34:56.789 +00:00")},
	{"datetimeoffset", at("2024-02-29 12:34:56.1234567 +05:30"), nil},
	{"datetimeoffset(2)", at("2024-02-29 23:30:00 -14:00"), nil},
}

func TestValues(t *testing.T) {
	index := 0
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		declared, err := tds.ParseType(values[index].declared)
		if err != nil {
			return err
		}
		if err := s.Columns(tds.Column{Name: "v", Type: declared}); err != nil {
			return err
		}
		s.Row(values[index].value)
		s.Row(nil)
		s.Done(2)
		return nil
	})
	for i, row := range values {
		t.Run(row.declared, func(t *testing.T) {
			index = i
			rows, err := db.Query("select v")
			require.NoError(t, err)
			defer rows.Close()
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			want, _, _ := strings.Cut(strings.ToUpper(row.declared), "(")
			want = strings.NewReplacer("NUMERIC", "DECIMAL").Replace(want)
			if row.declared == "float(24)" {
				want = "REAL"
			}
			assert.Equal(t, want, types[0].DatabaseTypeName())
			require.True(t, rows.Next(), "%v", rows.Err())
			var got any
			require.NoError(t, rows.Scan(&got))
			switch want := orSame(row.want, row.value).(type) {
			case time.Time:
				assert.True(t, want.Equal(got.(time.Time)), "got %v, want %v", got, want)
				_, offset := want.Zone()
				_, gotOffset := got.(time.Time).Zone()
				assert.Equal(t, offset, gotOffset)
			case mssql.UniqueIdentifier:
				var guid mssql.UniqueIdentifier
				require.NoError(t, guid.Scan(got))
				assert.Equal(t, want, guid)
			default:
				assert.Equal(t, want, got)
			}
			require.True(t, rows.Next(), "%v", rows.Err())
			require.NoError(t, rows.Scan(&got))
			assert.Nil(t, got)
			assert.False(t, rows.Next())
			assert.NoError(t, rows.Err())
		})
	}
}

func orSame(want, value any) any {
	if want == nil {
		return value
	}
	return want
}

func TestValuesThatDoNotFit(t *testing.T) {
	for _, row := range []struct {
		declared string
		value    any
		want     string
	}{
		{"tinyint", int64(-1), "out of range"},
		{"tinyint", int64(256), "out of range"},
		{"smallint", int64(32768), "out of range"},
		{"int", int64(math.MinInt32 - 1), "out of range"},
		{"int", "1", "string does not become int"},
		{"real", 1e39, "out of range"},
		{"decimal(3,1)", "99.95", "out of range"},
		{"decimal(3,1)", "1e999", "out of range"},
		{"decimal(3,1)", "1e9999", "not a decimal(3,1)"},
		{"decimal(3,1)", "0x10", "not a decimal"},
		{"decimal(3,1)", "1/3", "not a decimal"},
		{"smallmoney", "214748.3648", "out of range"},
		{"money", "1e15", "out of range"},
		{"varchar(2)", "abc", "too long for varchar(2)"},
		{"nvarchar(1)", "😀", "too long"},
		{"varbinary(1)", []byte{1, 2}, "too long"},
		{"uniqueidentifier", "6F9619FF", "not a uniqueidentifier"},
		{"date", at("9999-12-31 00:00:00 +00:00").AddDate(0, 0, 1), "out of range"},
		{"datetime", at("1752-12-31 00:00:00 +00:00"), "out of range"},
		{"smalldatetime", at("2079-06-07 00:00:00 +00:00"), "out of range"},
		{"datetime2", "2024-01-01", "string does not become datetime2(7)"},
	} {
		t.Run(row.declared, func(t *testing.T) {
			declared := kind(t, row.declared)
			failed := make(chan error, 1)
			db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
				if err := s.Columns(tds.Column{Type: declared}); err != nil {
					return err
				}
				failed <- s.Row(row.value)
				return nil
			})
			rows, err := db.Query("select v")
			require.NoError(t, err)
			assert.False(t, rows.Next(), "nothing of the row is sent")
			assert.NoError(t, rows.Close())
			assert.ErrorContains(t, <-failed, row.want)
		})
	}
}
