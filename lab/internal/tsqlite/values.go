package tsqlite

import (
	"database/sql"
	"math"
	"strings"
	"time"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqliteValue is what SQLite is given for a value of SQL Server's: times as text that sorts like them.
func sqliteValue(v any, kind tds.Type) any {
	switch v := v.(type) {
	case time.Time:
		switch kind.Name {
		case "date":
			return v.Format(time.DateOnly)
		case "time":
			return v.Format("15:04:05.9999999")
		case "datetimeoffset":
			return v.Format("2006-01-02 15:04:05.9999999-07:00")
		}
		return v.Format("2006-01-02 15:04:05.9999999")
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
	switch kind.Name {
	case "bit":
		return sqlite.Convert(v, sqlite.Bool)
	case "tinyint", "smallint", "int", "bigint":
		if f, ok := v.(float64); ok {
			return int64(f), nil
		}
		return sqlite.Convert(v, sqlite.Integer)
	case "real", "float":
		return sqlite.Convert(v, sqlite.Real)
	case "binary", "varbinary":
		return sqlite.Convert(v, sqlite.Blob)
	case "date", "time", "datetime", "smalldatetime", "datetime2", "datetimeoffset":
		return sqlite.Convert(v, sqlite.Time)
	}
	if text, ok := v.([]byte); ok {
		return string(text), nil
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
		case time.Time:
			return tds.Type{Name: "datetime2", Scale: 7}
		case string:
			if len(v) > 4000 {
				return tds.Type{Name: "nvarchar", Size: tds.Max}
			}
			kind = tds.Type{Name: "nvarchar", Size: 4000}
		}
	}
	return kind
}
