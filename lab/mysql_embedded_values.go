package lab

import (
	"errors"
	"fmt"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"math"
	"strconv"
	"strings"
	"time"
)

// mysqlColumnType is the type of column i: as declared in the table, else that of its values.
func mysqlColumnType(declared string, rows [][]any, i int) mysqltest.Type {
	if declared != "" {
		return mysqlDeclared(strings.ToLower(declared))
	}
	seen := make(map[mysqltest.Type]bool)
	var last mysqltest.Type
	for _, row := range rows {
		if row[i] != nil {
			last = mysqlTypeOf(row[i])
			seen[last] = true
		}
	}
	switch {
	case len(seen) == 1:
		return last
	case len(seen) == 2 && seen[mysqltest.Integer] && seen[mysqltest.Double]:
		return mysqltest.Double
	}
	return mysqltest.Text
}

// mysqlDeclared is the type for a declared one. Decimals are told as text, as MySQL does.
func mysqlDeclared(declared string) mysqltest.Type {
	has := func(words string) bool {
		for word := range strings.FieldsSeq(words) {
			if strings.Contains(declared, word) {
				return true
			}
		}
		return false
	}
	switch {
	case has("int bool") && has("unsigned"):
		return mysqltest.Unsigned
	case has("int bool"):
		return mysqltest.Integer
	case has("float double real"):
		return mysqltest.Double
	case has("datetime timestamp"):
		return mysqltest.DateTime
	case has("date"):
		return mysqltest.Date
	case has("blob binary"):
		return mysqltest.Blob
	}
	return mysqltest.Text
}

// mysqlTypeOf is the type for a value that SQLite computed.
func mysqlTypeOf(v any) mysqltest.Type {
	switch v.(type) {
	case int64, bool:
		return mysqltest.Integer
	case float64:
		return mysqltest.Double
	case []byte:
		return mysqltest.Blob
	case time.Time:
		return mysqltest.DateTime
	}
	return mysqltest.Text
}

// mysqlValue makes a value of SQLite fit a column. What does not fit is an error, as SQLite's columns hold any
// type.
func mysqlValue(v any, column mysqltest.Column) (any, error) {
	text, isText := v.(string)
	var err error
	switch column.Type {
	case mysqltest.Integer, mysqltest.Unsigned:
		if isText && column.Type == mysqltest.Unsigned {
			v, err = strconv.ParseUint(text, 10, 64) // larger than SQLite's integers
		} else if isText {
			v, err = strconv.ParseInt(text, 10, 64)
		}
		if _, float := v.(float64); float {
			err = strconv.ErrRange
		}
	case mysqltest.Double:
		if isText {
			v, err = strconv.ParseFloat(text, 64)
		}
	case mysqltest.DateTime, mysqltest.Date:
		if isText {
			v, err = parseTime(text)
		}
		if _, ok := v.(time.Time); !ok && v != nil && err == nil {
			err = strconv.ErrSyntax
		}
	}
	if err != nil {
		return nil, mysqlRefusal(1366, "HY000", "Column '%s' holds a value that is not of its declared type", column.Name)
	}
	return v, nil
}

// mysqlArguments are the values of a client for SQLite, whose integers have a sign.
func mysqlArguments(values []any) []any {
	arguments := make([]any, len(values))
	for i, v := range values {
		if n, ok := v.(uint64); ok {
			v = strconv.FormatUint(n, 10)
			if n <= math.MaxInt64 {
				v = int64(n)
			}
		}
		arguments[i] = v
	}
	return arguments
}

// mysqlErrors are MySQL's numbers and SQLSTATEs (manual, "Server Error Message Reference") for words in SQLite's
// messages.
var mysqlErrors = []struct {
	words  string
	number uint16
	state  string
}{
	{"no such table", 1146, "42S02"},
	{"no such column", 1054, "42S22"},
	{"no such function", 1305, "42000"},
	{"already exists", 1050, "42S01"},
	{"syntax error", 1064, "42000"},
	{"incomplete input", 1064, "42000"},
	{"unrecognized token", 1064, "42000"},
	{"UNIQUE constraint", 1062, "23000"},
	{"NOT NULL constraint", 1048, "23000"},
	{"FOREIGN KEY constraint", 1452, "23000"},
	{"CHECK constraint", 3819, "HY000"},
	{"missing argument", 1210, "HY000"},
	{"database is locked", 1205, "HY000"},
	{"interrupted", 1317, "70100"},
}

// mysqlErrorOf makes an error of SQLite one of MySQL, which says that it is SQLite's.
func mysqlErrorOf(err error) error {
	if known, ok := errors.AsType[*mysqltest.Error](err); ok {
		return known
	}
	for _, row := range mysqlErrors {
		if strings.Contains(err.Error(), row.words) {
			return mysqlRefusal(row.number, row.state, "%v (this server is SQLite, standing in for MySQL)", err)
		}
	}
	return mysqlRefusal(1105, "HY000", "%v (this server is SQLite, standing in for MySQL)", err)
}

func mysqlRefusal(number uint16, state, format string, args ...any) *mysqltest.Error {
	return &mysqltest.Error{Number: number, State: state, Message: fmt.Sprintf(format, args...)}
}
