package pgsqlite

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqlType is a type of PostgreSQL as the stand-in has it.
type sqlType struct {
	oid      uint32
	words    string       // one of them is in a type's name
	class    sqlite.Class // of its values
	affinity string       // what to cast to in SQLite
	sample   any          // a value, for finding out a query's columns
}

// sqlTypes are found by the words in a declared type, as SQLite itself takes its affinity from them ("Datatypes In
// SQLite", section 3.1). All integers are int8.
var sqlTypes = []sqlType{
	{pgtype.BoolOID, "bool", sqlite.Bool, "integer", int64(0)},
	{pgtype.TimestamptzOID, "timestamptz timestamp datetime", sqlite.Time, "text", ""},
	{pgtype.DateOID, "date", sqlite.Time, "text", ""},
	{pgtype.ByteaOID, "bytea blob", sqlite.Blob, "blob", ""},
	{pgtype.UUIDOID, "uuid", sqlite.Other, "text", ""},
	{pgtype.Int8OID, "int serial", sqlite.Integer, "integer", int64(0)},
	{pgtype.Float8OID, "real float double numeric decimal", sqlite.Real, "real", 0.0},
}

var textType = sqlType{pgtype.TextOID, "", sqlite.Text, "text", ""}

// typeOf is the type that a column or a cast declares.
func typeOf(declared string) sqlType {
	declared = strings.ToLower(declared)
	i := slices.IndexFunc(sqlTypes, func(t sqlType) bool {
		return slices.ContainsFunc(strings.Fields(t.words), func(word string) bool { return strings.Contains(declared, word) })
	})
	if i < 0 {
		return textType
	}
	return sqlTypes[i]
}

// typeOfValue is the type of a value that SQLite computed.
func typeOfValue(v any) sqlType {
	switch v.(type) {
	case int64:
		return typeOf("int")
	case float64:
		return typeOf("real")
	case bool:
		return typeOf("bool")
	case []byte:
		return typeOf("bytea")
	case time.Time:
		return typeOf("timestamptz")
	}
	return textType
}
