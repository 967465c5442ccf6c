package tsqlite

import (
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqliteValue is what SQLite is given for a value of SQL Server's: times as text that sorts like them.
func sqliteValue(v any, kind tds.Type) any {
	switch v := v.(type) {
	case time.Time:
		layout, known := map[string]string{"date": time.DateOnly, "time": "15:04:05.9999999", "datetimeoffset": "2006-01-02 15:04:05.9999999-07:00"}[kind.Name]
		if !known {
			layout = "2006-01-02 15:04:05.9999999"
		}
		return v.Format(layout)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

// serverValue makes a value of SQLite one that fits a type of SQL Server.
func serverValue(v any, kind tds.Type) (any, error) {
	f, isFloat := v.(float64)
	b, isBytes := v.([]byte)
	affinity := sqliteAffinity(kind)
	switch {
	case kind.Name == "bit":
		return sqlite.Convert(v, sqlite.Bool)
	case affinity == "integer" && isFloat:
		return int64(f), nil
	case affinity == "integer":
		return sqlite.Convert(v, sqlite.Integer)
	case affinity == "real":
		return sqlite.Convert(v, sqlite.Real)
	case affinity == "blob":
		return sqlite.Convert(v, sqlite.Blob)
	case strings.HasPrefix(kind.Name, "date") || strings.HasSuffix(kind.Name, "time"):
		return sqlite.Convert(v, sqlite.Time)
	case isBytes:
		return string(b), nil
	}
	return sqlite.Convert(v, sqlite.Text)
}

// resultColumn decides on the type of column i: as declared in the table, else as the query shows, else by its
// values.
func (s *session) resultColumn(t *sql.ColumnType, items []tsqlItem, rows [][]any, i int) tds.Column {
	column := tds.Column{Name: t.Name()}
	var item tsqlItem
	if i < len(items) {
		item = items[i]
		column.Name = item.name
	}
	declared := strings.ReplaceAll(t.DatabaseTypeName(), "(-1)", "(max)")
	kind, known := declaredAs(declared)
	switch {
	case item.known && (!known || declared == sqliteIdentityType):
		kind = item.kind
	case declared == sqliteIdentityType: // of a query of all columns
		if kind, known = s.columnType("", t.Name()); !known {
			kind = tds.Type{Name: "bigint"}
		}
	case !known:
		kind = kindByValues(rows, i)
	}
	column.Type, column.Identity = kind, declared == sqliteIdentityType
	return column
}

// kindByValues is a type that all values of column i fit: what SQL Server would take for a constant.
func kindByValues(rows [][]any, i int) tds.Type {
	kind := tds.Type{Name: "int"}
	for _, row := range rows {
		switch v := row[i].(type) {
		case int64:
			if kind.Name == "int" && (v < math.MinInt32 || v > math.MaxInt32) {
				kind.Name = "bigint"
			}
		case float64:
			kind.Name = "float"
		case []byte:
			return tds.Type{Name: "varbinary", Size: tds.Max}
		case string:
			if len(v) > 4000 {
				return tds.Type{Name: "nvarchar", Size: tds.Max}
			}
			kind = tds.Type{Name: "nvarchar", Size: 4000}
		}
	}
	return kind
}

// bulkTarget is what an INSERT BULK statement announces: the rows come in the client's next request.
type bulkTarget struct {
	table   string
	columns []string
}

// insertBulk notes the table and columns of "INSERT BULK table (column type, ...) WITH (...)".
func (s *session) insertBulk(words []sqlite.Token) error {
	words = s.environment.plainNames(words)
	open := slices.IndexFunc(words, func(t sqlite.Token) bool { return t.Text == "(" })
	if open < 3 {
		return incorrectSyntax(words)
	}
	s.bulk = &bulkTarget{table: unquoted(words[open-1])}
	for _, definition := range commas(words[open+1 : closing(words, open)]) {
		if len(definition) > 0 {
			s.bulk.columns = append(s.bulk.columns, unquoted(definition[0]))
		}
	}
	return s.end(nil)
}

// load inserts the rows, all of them or none.
func (s *session) load(r *tds.BulkLoad) error {
	bulk := s.bulk
	s.bulk = nil
	if bulk == nil || len(bulk.columns) != len(r.Columns) {
		return serverError(4815, "Received an invalid column length or count from the bcp client.")
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(bulk.columns)), ", ")
	insert := "insert into " + sqlName(bulk.table).Text + " " + columnList(bulk.columns).Text + " values (" + marks + ")"
	err := s.atomically(func() error { return s.insertRows(insert, r) })
	if err == nil {
		s.done(int64(len(r.Rows)))
	}
	return err
}

func (s *session) insertRows(insert string, r *tds.BulkLoad) error {
	statement, err := s.sqlite.PrepareContext(s.ctx, insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, row := range r.Rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = sqliteValue(v, r.Columns[i].Type)
		}
		if _, err := statement.ExecContext(s.ctx, values...); err != nil {
			return err
		}
	}
	return nil
}
