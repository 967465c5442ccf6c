package pgsqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

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
		return refusal("57014", "canceling statement due to user request")
	}
	state := "XX000"
	for _, row := range sqlStates {
		if strings.Contains(err.Error(), row.words) {
			state = row.state
			break
		}
	}
	pgErr := refusal(state, "%v", err)
	pgErr.Hint = "This server is SQLite, standing in for PostgreSQL, and understands SQLite's SQL."
	return pgErr
}

func refusal(state, format string, args ...any) *pgconn.PgError {
	return &pgconn.PgError{Severity: "ERROR", Code: state, Message: fmt.Sprintf(format, args...)}
}

func errorResponse(e *pgconn.PgError) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: e.Severity, SeverityUnlocalized: e.Severity, Code: e.Code, Message: e.Message, Hint: e.Hint}
}
