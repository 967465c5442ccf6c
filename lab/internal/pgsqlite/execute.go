package pgsqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// session is one client of the stand-in and its connection to SQLite.
type session struct {
	client *postgresfront.Session
	sqlite *sql.Conn
	who    speaker
	status byte // as in ReadyForQuery: 'I' idle, 'T' in a transaction, 'E' in one that has failed
}

// abandon rolls back what the client left open, so that the connection can be used again.
func (s *session) abandon(ctx context.Context) {
	if s.status != 'I' {
		_, _ = s.sqlite.ExecContext(ctx, "rollback") // fails if SQLite has done so itself
	}
}

// split cuts a text into statements.
func split(sql string) (all []string) {
	for _, tokens := range sqlite.Statements(sqlite.Tokenize(sql)) {
		all = append(all, sqlite.SQL(tokens))
	}
	return all
}

// answer runs a statement, or describes its columns.
func (s *session) answer(ctx context.Context, sql string, arguments []any, describe bool) (*frontend.Table, string, error) {
	st := translate(sqlite.Tokenize(sql), s.who)
	if describe {
		return s.describe(ctx, st)
	}
	for i, v := range arguments {
		if text, ok := v.(string); ok && i < len(st.parameters) && st.parameters[i] != "" {
			var err error
			if arguments[i], err = sqlite.Convert(text, typeOf(st.parameters[i]).class); err != nil {
				return nil, "", newError("22P02", "parameter $%d: %v", i+1, err)
			}
		}
	}
	if table, tag, err := s.control(ctx, st); table != nil || err != nil {
		return table, tag, err
	}
	switch {
	case s.status == 'E':
		return nil, "", errAborted
	case st.rows:
		table, err := s.query(ctx, st.sql, arguments, -1)
		if err != nil {
			return nil, "", err
		}
		return table, tagOf(st.verb, int64(len(table.Rows))), nil
	}
	outcome, err := s.sqlite.ExecContext(ctx, st.sql, arguments...)
	if err != nil {
		return nil, "", err
	}
	n, err := outcome.RowsAffected()
	return &frontend.Table{}, tagOf(st.verb, n), err
}

// tagOf is the command tag of a statement that is done ("Message Formats", CommandComplete).
func tagOf(verb string, rows int64) string {
	format := map[string]string{"insert": "INSERT 0 %d", "select": "SELECT %d", "values": "SELECT %d", "update": "UPDATE %d", "delete": "DELETE %d"}[verb]
	if format == "" {
		return strings.ToUpper(verb)
	}
	return fmt.Sprintf(format, rows)
}

// describe finds out a statement's columns before it is executed, by running it with samples as parameters. Only
// queries are run; for RETURNING it is a query of no rows on the same table.
func (s *session) describe(ctx context.Context, st statement) (table *frontend.Table, tag string, err error) {
	switch {
	case st.verb == "show":
		table, _, err = s.control(ctx, st)
		return table, "", err
	case !st.rows:
		return &frontend.Table{}, "", nil
	case s.status == 'E':
		return nil, "", errAborted
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
	table, err = s.query(ctx, query, arguments, limit)
	return table, "", err
}

// query reads all rows, or the given number of them. The type of a column is as declared in the table, else that of its
// first value that is not NULL.
func (s *session) query(ctx context.Context, query string, arguments []any, limit int) (*frontend.Table, error) {
	types, rows, err := sqlite.Fetch(ctx, s.sqlite, query, arguments, limit)
	if err != nil {
		return nil, err
	}
	table := &frontend.Table{Kinds: make([]driver.Value, len(types)), Rows: make([][]driver.Value, len(rows))}
	for i, t := range types {
		table.Columns = append(table.Columns, s.who.columnName(t.Name()))
		class := sqlite.Other
		if declared := t.DatabaseTypeName(); declared != "" {
			class, table.Kinds[i] = typeOf(declared).class, typeOf(declared).sample
		}
		for r, row := range rows {
			value, err := sqlite.Convert(row[i], class)
			if err != nil {
				return nil, newError("22P02", "column %q holds a value that is not of its declared type", table.Columns[i])
			}
			if table.Kinds[i] == nil {
				table.Kinds[i] = value
			}
			table.Rows[r] = append(table.Rows[r], value)
		}
	}
	return table, nil
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

// settings that SHOW knows. SQLite's transactions are serializable.
func (s *session) setting(name string) (string, bool) {
	value, ok := map[string]string{
		"server_version":                "15.0 (" + s.who.version + ")",
		"server_encoding":               "UTF8",
		"client_encoding":               "UTF8",
		"timezone":                      "UTC",
		"search_path":                   "public",
		"standard_conforming_strings":   "on",
		"transaction_isolation":         "serializable",
		"default_transaction_isolation": "serializable",
		"application_name":              s.client.Parameters["application_name"],
	}[name]
	return value, ok
}

// control runs the statements that are about the session and not about data; the table is nil for others.
func (s *session) control(ctx context.Context, st statement) (*frontend.Table, string, error) {
	tag := strings.ToUpper(st.verb)
	switch st.verb {
	case "show":
		name := strings.ToLower(st.words[len(st.words)-1].Text)
		value, ok := s.setting(name)
		if !ok {
			return nil, "", newError("42704", "unrecognized configuration parameter %q (the stand-in knows few)", name)
		}
		return &frontend.Table{Columns: []string{name}, Kinds: []driver.Value{""}, Rows: [][]driver.Value{{value}}}, tag, nil
	case "set", "reset", "discard", "deallocate", "grant", "revoke":
		return &frontend.Table{}, tag, nil
	case "copy", "listen", "notify", "unlisten", "lock", "do", "create extension", "create schema":
		return nil, "", newError("0A000", "%s is not available: this server is SQLite, standing in for PostgreSQL", tag)
	case "begin", "start", "commit", "end", "rollback", "abort":
		tag, err := s.transaction(ctx, st, tag)
		return &frontend.Table{}, tag, err
	}
	return nil, "", nil
}

// transaction begins or ends one. A read-write transaction takes SQLite's write lock at once, since two that
// take it later could each wait for the other. The commit of a failed one is a rollback, and says so. ROLLBACK TO makes
// a failed one usable again, as of a savepoint.
func (s *session) transaction(ctx context.Context, st statement, verb string) (tag string, err error) {
	has := func(word string) bool {
		return slices.ContainsFunc(st.words, func(t sqlite.Token) bool { return t.Is(word) })
	}
	run, next := "rollback", byte('I')
	switch begin := verb == "BEGIN" || verb == "START"; {
	case has("to"):
		if _, err := s.sqlite.ExecContext(ctx, st.sql); err != nil {
			return "", err
		}
		if s.status == 'E' {
			s.status = 'T'
		}
		return "ROLLBACK", nil
	case begin && s.status != 'I':
		return "", newError("25001", "there is already a transaction in progress")
	case begin && has("only"):
		run, next = "begin", 'T'
	case begin:
		run, next = "begin immediate", 'T'
	case s.status == 'I': // PostgreSQL warns only
		return verb, nil
	case (verb == "COMMIT" || verb == "END") && s.status == 'T':
		run = "commit"
	}
	if err := sqlite.Transact(ctx, s.sqlite, run); err != nil {
		return "", err
	}
	s.status = next
	tag, _, _ = strings.Cut(strings.ToUpper(run), " ")
	return tag, nil
}

// fail makes an answer of an error, which fails the transaction, if there is one.
func (s *session) fail(err error) *pgproto3.ErrorResponse {
	if s.status == 'T' {
		s.status = 'E'
	}
	e := pgError(err)
	return &pgproto3.ErrorResponse{Severity: e.Severity, SeverityUnlocalized: e.Severity, Code: e.Code, Message: e.Message, Hint: e.Hint}
}

var errAborted = newError("25P02", "current transaction is aborted, commands ignored until end of transaction block")

// sqlStates are PostgreSQL's codes (manual, appendix A) for words in SQLite's messages.
var sqlStates = []struct{ words, state string }{
	{"no such table", "42P01"},
	{"no such column", "42703"},
	{"no such function", "42883"},
	{"already exists", "42P07"},
	{"syntax error", "42601"},
	{"incomplete input", "42601"},
	{"UNIQUE constraint", "23505"},
	{"NOT NULL constraint", "23502"},
	{"FOREIGN KEY constraint", "23503"},
	{"CHECK constraint", "23514"},
	{"database is locked", "55P03"},
	{"interrupted", "57014"},
}

// pgError makes an error of SQLite one of PostgreSQL, which says that it is SQLite's.
func pgError(err error) *pgconn.PgError {
	if known, ok := errors.AsType[*pgconn.PgError](err); ok {
		return known
	}
	if errors.Is(err, context.Canceled) {
		return newError("57014", "canceling statement due to user request")
	}
	state := "XX000"
	for _, row := range sqlStates {
		if strings.Contains(err.Error(), row.words) {
			state = row.state
			break
		}
	}
	pgErr := newError(state, "%v", err)
	pgErr.Hint = "This server is SQLite, standing in for PostgreSQL, and understands SQLite's SQL."
	return pgErr
}

// newError returns an error of PostgreSQL.
func newError(state, format string, args ...any) *pgconn.PgError {
	return &pgconn.PgError{Severity: "ERROR", Code: state, Message: fmt.Sprintf(format, args...)}
}
