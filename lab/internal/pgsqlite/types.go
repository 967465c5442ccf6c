package pgsqlite

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
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

// classOf is how a value of a type is kept.
func classOf(oid uint32) sqlite.Class {
	switch oid {
	case pgtype.TextOID:
		return sqlite.Text
	case pgtype.BoolOID:
		return sqlite.Bool
	case pgtype.Int8OID:
		return sqlite.Integer
	case pgtype.Float8OID:
		return sqlite.Real
	case pgtype.ByteaOID:
		return sqlite.Blob
	case pgtype.TimestamptzOID, pgtype.DateOID:
		return sqlite.Time
	}
	return sqlite.Other
}
