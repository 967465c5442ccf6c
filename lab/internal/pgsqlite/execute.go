package pgsqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// execute runs a statement. columns are those that the client has been told; nil: as they come.
// The context that it uses ends when the client asks to cancel.
func (s *session) execute(ctx context.Context, st statement, arguments []any, columns []column) (*result, error) {
	ctx, done := s.client.QueryContext(ctx)
	defer done()
	if r, handled, err := s.control(ctx, st); handled {
		return r, err
	}
	if s.status == 'E' {
		return nil, refusal("25P02", "current transaction is aborted, commands ignored until end of transaction block")
	}
	if !st.rows {
		outcome, err := s.sqlite.ExecContext(ctx, st.sql, arguments...)
		if err != nil {
			return nil, err
		}
		n, err := outcome.RowsAffected()
		return &result{tag: tagOf(st.verb, strconv.FormatInt(n, 10))}, err
	}
	r, err := s.query(ctx, st.sql, arguments, -1)
	if err != nil {
		return nil, err
	}
	r.tag = tagOf(st.verb, strconv.Itoa(len(r.rows)))
	if columns != nil && len(columns) != len(r.columns) {
		return nil, refusal("0A000", "cached plan must not change result type")
	}
	if columns != nil {
		r.columns = columns
	}
	return r, nil
}

// query reads all rows, or the given number of them.
func (s *session) query(ctx context.Context, query string, arguments []any, limit int) (*result, error) {
	types, rows, err := sqlite.Fetch(ctx, s.sqlite, query, arguments, limit)
	if err != nil {
		return nil, err
	}
	r := &result{rows: rows}
	for i, t := range types {
		r.columns = append(r.columns, column{name: s.who.columnName(t.Name()), sqlType: columnType(t, r.rows, i)})
	}
	return r, nil
}

// columnType is the type of column i: as declared in the table, else of its first value that is not NULL.
func columnType(t *sql.ColumnType, rows [][]any, i int) sqlType {
	if declared := t.DatabaseTypeName(); declared != "" {
		return typeOf(declared)
	}
	for _, row := range rows {
		if row[i] != nil {
			return typeOfValue(row[i])
		}
	}
	return textType
}

// columnName names a column as PostgreSQL does: a function's result after the function.
func (s speaker) columnName(name string) string {
	for _, c := range s.constants() {
		if name == sqlite.Literal(c.value) {
			return strings.TrimSuffix(c.word, "()")
		}
	}
	tokens := sqlite.Tokenize(name)
	switch {
	case len(tokens) > 1 && tokens[0].Kind == sqlite.Word && tokens[1].Text == "(":
		return strings.ToLower(tokens[0].Text)
	case len(tokens) > 0 && (tokens[0].Kind == sqlite.String || tokens[0].Kind == sqlite.Number || tokens[0].Text == "?"):
		return "?column?"
	}
	return name
}

// columnsOf finds out a statement's columns before it is executed, by running it with samples as parameters. Only
// queries are run; for RETURNING it is a query of no rows on the same table.
func (s *session) columnsOf(ctx context.Context, st statement) ([]column, error) {
	switch {
	case st.verb == "show":
		return []column{{name: strings.ToLower(st.words[len(st.words)-1].Text), sqlType: textType}}, nil
	case !st.rows:
		return nil, nil
	case s.status == 'E':
		return nil, refusal("25P02", "current transaction is aborted, commands ignored until end of transaction block")
	}
	arguments := make([]any, len(st.parameters))
	for i, name := range st.parameters {
		if name != "" {
			arguments[i] = typeOf(name).sample
		}
	}
	query, limit := st.sql, 1
	if st.describe != "" {
		query, arguments, limit = st.describe, nil, 0
	}
	r, err := s.query(ctx, query, arguments, limit)
	if err != nil {
		return nil, err
	}
	return r.columns, nil
}

// settings that SHOW knows. SQLite's transactions are serializable.
func (s *session) setting(name string) (string, bool) {
	value, ok := map[string]string{
		"server_version":                "15.0 (" + s.who.version + ")",
		"server_encoding":               "UTF8",
		"client_encoding":               "UTF8",
		"timezone":                      "UTC",
		"search_path":                   "public",
		"is_superuser":                  "off",
		"ssl":                           "on",
		"standard_conforming_strings":   "on",
		"transaction_isolation":         "serializable",
		"default_transaction_isolation": "serializable",
		"application_name":              s.client.Parameters["application_name"],
	}[name]
	return value, ok
}

// control runs the statements that are about the session and not about data.
func (s *session) control(ctx context.Context, st statement) (r *result, handled bool, err error) {
	switch st.verb {
	case "show":
		name := strings.ToLower(st.words[len(st.words)-1].Text)
		value, ok := s.setting(name)
		if !ok {
			return nil, true, refusal("42704", "unrecognized configuration parameter %q (the stand-in knows few)", name)
		}
		return &result{columns: []column{{name, textType}}, rows: [][]any{{value}}, tag: "SHOW"}, true, nil
	case "set", "reset", "discard", "deallocate", "grant", "revoke":
		return &result{tag: strings.ToUpper(st.verb)}, true, nil
	case "copy", "listen", "notify", "unlisten", "lock", "do", "create extension", "create schema":
		return nil, true, refusal("0A000", "%s is not available: this server is SQLite, standing in for PostgreSQL", strings.ToUpper(st.verb))
	case "begin", "start", "commit", "end", "rollback", "abort":
		if !slices.ContainsFunc(st.words, func(t sqlite.Token) bool { return t.Is("to") }) {
			r, err = s.transaction(ctx, st)
			return r, true, err
		}
		return s.rollbackTo(ctx, st)
	}
	return nil, false, nil
}

// rollbackTo makes a failed transaction usable again, as of a savepoint.
func (s *session) rollbackTo(ctx context.Context, st statement) (*result, bool, error) {
	if _, err := s.sqlite.ExecContext(ctx, st.sql); err != nil {
		return nil, true, err
	}
	if s.status == 'E' {
		s.status = 'T'
	}
	return &result{tag: "ROLLBACK"}, true, nil
}

// transaction begins or ends one. A read-write transaction takes SQLite's write lock at once, since two that
// take it later could each wait for the other. The commit of a failed one is a rollback, and says so.
func (s *session) transaction(ctx context.Context, st statement) (*result, error) {
	begin := st.verb == "begin" || st.verb == "start"
	readOnly := slices.ContainsFunc(st.words, func(t sqlite.Token) bool { return t.Is("only") })
	run, tag, next := "rollback", "ROLLBACK", byte('I')
	switch {
	case begin && s.status != 'I':
		return nil, refusal("25001", "there is already a transaction in progress")
	case begin && readOnly:
		run, tag, next = "begin", "BEGIN", 'T'
	case begin:
		run, tag, next = "begin immediate", "BEGIN", 'T'
	case s.status == 'I': // PostgreSQL warns only
		return &result{tag: strings.ToUpper(st.verb)}, nil
	case (st.verb == "commit" || st.verb == "end") && s.status == 'T':
		run, tag = "commit", "COMMIT"
	}
	if err := sqlite.Transact(ctx, s.sqlite, run); err != nil {
		return nil, err
	}
	s.status = next
	return &result{tag: tag}, nil
}
