package lab

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// typeOID is PostgreSQL's type for a declared type of a column or cast, after the words in it, as SQLite itself
// takes its affinity from them ("Datatypes In SQLite", section 3.1). All integers are int8.
func typeOID(declared string) uint32 {
	declared = strings.ToLower(declared)
	for _, row := range []struct {
		words string
		oid   uint32
	}{
		{"bool", pgtype.BoolOID},
		{"timestamptz timestamp datetime", pgtype.TimestamptzOID},
		{"date", pgtype.DateOID},
		{"bytea blob", pgtype.ByteaOID},
		{"uuid", pgtype.UUIDOID},
		{"int serial", pgtype.Int8OID},
		{"real float double numeric decimal", pgtype.Float8OID},
	} {
		for word := range strings.FieldsSeq(row.words) {
			if strings.Contains(declared, word) {
				return row.oid
			}
		}
	}
	return pgtype.TextOID
}

// affinity is the type to cast to in SQLite.
func affinity(declared string) string {
	switch typeOID(declared) {
	case pgtype.Int8OID, pgtype.BoolOID:
		return "integer"
	case pgtype.Float8OID:
		return "real"
	case pgtype.ByteaOID:
		return "blob"
	default:
		return "text"
	}
}

// valueOID is PostgreSQL's type for a value that SQLite computed.
func valueOID(v any) uint32 {
	switch v.(type) {
	case int64:
		return pgtype.Int8OID
	case float64:
		return pgtype.Float8OID
	case bool:
		return pgtype.BoolOID
	case []byte:
		return pgtype.ByteaOID
	case time.Time:
		return pgtype.TimestamptzOID
	default:
		return pgtype.TextOID
	}
}

// sample is a value of the type that a parameter is cast to, for finding out a query's columns; nil if unknown.
func sample(declared string) any {
	if declared == "" {
		return nil
	}
	switch typeOID(declared) {
	case pgtype.Int8OID, pgtype.BoolOID:
		return int64(0)
	case pgtype.Float8OID:
		return 0.0
	default:
		return ""
	}
}

// timeLayouts are the ways in which clients and SQLite write a time into a text column.
var timeLayouts = []string{
	"2006-01-02 15:04:05.999999999Z07:00:00", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07",
	"2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999", time.RFC3339Nano, time.DateOnly, "15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "20060102",
}

// convert makes a value of SQLite fit a column's type. What does not fit is an error, as SQLite's columns hold
// any type.
func convert(v any, oid uint32) (any, error) {
	s, isText := v.(string)
	switch {
	case v == nil:
		return nil, nil
	case oid == pgtype.TextOID:
		return fmt.Sprint(v), nil
	case oid == pgtype.BoolOID && isText:
		return strconv.ParseBool(s)
	case oid == pgtype.BoolOID:
		return fmt.Sprint(v) != "0" && fmt.Sprint(v) != "false", nil
	case oid == pgtype.Int8OID && isText:
		return strconv.ParseInt(s, 10, 64)
	case oid == pgtype.Float8OID:
		return strconv.ParseFloat(fmt.Sprint(v), 64)
	case oid == pgtype.ByteaOID && strings.HasPrefix(s, `\x`):
		return hex.DecodeString(s[2:])
	case oid == pgtype.ByteaOID && isText:
		return []byte(s), nil
	case (oid == pgtype.TimestamptzOID || oid == pgtype.DateOID) && isText:
		return parseTime(s)
	}
	return v, nil
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a time in a form the stand-in knows")
}
