package frontend

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
)

// Table is the result of a statement with columns.
type Table struct {
	Columns []string
	Kinds   []driver.Value // a value of each column's type; nil if there is none
	Rows    [][]driver.Value
}

// NewTable reads a result: its values become those of package driver. The values of
// a column must be of one type.
func NewTable(r azuretest.Result) (*Table, error) {
	t := &Table{Columns: r.Columns, Kinds: make([]driver.Value, len(r.Columns)), Rows: make([][]driver.Value, len(r.Rows))}
	for i, row := range r.Rows {
		if len(row) != len(r.Columns) {
			return nil, fmt.Errorf("azuretest: row %d has %d values for %d columns", i, len(row), len(r.Columns))
		}
		t.Rows[i] = make([]driver.Value, len(row))
		for j, v := range row {
			value, err := driver.DefaultParameterConverter.ConvertValue(v)
			if err != nil {
				return nil, fmt.Errorf("azuretest: row %d, column %q: %w", i, r.Columns[j], err)
			}
			switch kind := &t.Kinds[j]; {
			case value == nil:
			case *kind == nil:
				*kind = value
			case reflect.TypeOf(*kind) != reflect.TypeOf(value):
				return nil, fmt.Errorf("azuretest: row %d, column %q: a %T in a column of %T", i, r.Columns[j], value, *kind)
			}
			t.Rows[i][j] = value
		}
	}
	return t, nil
}

// InTransaction tells whether a transaction is open after a statement.
func InTransaction(sql string, before bool) bool {
	verb, rest, _ := strings.Cut(strings.TrimSpace(strings.TrimRight(sql, "; \n")), " ")
	switch strings.ToUpper(verb) {
	case "BEGIN", "START":
		return true
	case "COMMIT", "END", "ABORT":
		return false
	case "ROLLBACK":
		return before && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(rest)), "TO ")
	}
	return before
}
