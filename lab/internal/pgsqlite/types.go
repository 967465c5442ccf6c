package pgsqlite

import (
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqlType is a type of PostgreSQL as the stand-in has it.
type sqlType struct {
	words    string       // one of them is in a type's name
	class    sqlite.Class // of its values
	affinity string       // what to cast to in SQLite
	sample   any          // a value, for finding out a query's columns and telling the client their types
}

// sqlTypes are found by the words in a declared type, as SQLite itself takes its affinity from them ("Datatypes In
// SQLite", section 3.1). All integers are int8, all times timestamptz.
var sqlTypes = []sqlType{
	{"bool", sqlite.Bool, "integer", false},
	{"timestamp datetime date", sqlite.Time, "text", time.Time{}},
	{"bytea blob", sqlite.Blob, "blob", []byte{}},
	{"int serial", sqlite.Integer, "integer", int64(0)},
	{"real float double numeric decimal", sqlite.Real, "real", 0.0},
	{"", sqlite.Text, "text", ""},
}

// typeOf is the type that a column or a cast declares, text if it is not known.
func typeOf(declared string) sqlType {
	declared = strings.ToLower(declared)
	i := slices.IndexFunc(sqlTypes, func(t sqlType) bool {
		return t.words == "" || slices.ContainsFunc(strings.Fields(t.words), func(word string) bool { return strings.Contains(declared, word) })
	})
	return sqlTypes[i]
}
