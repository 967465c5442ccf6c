package postgresfront

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/pgsession"
)

type query = func(context.Context, azuretest.Statement) (azuretest.Result, error)

// statements is the Handler of a server with a Query; if nil, every statement succeeds
// and returns nothing.
func statements(q query) func(context.Context, *Session) error {
	if q == nil {
		q = func(context.Context, azuretest.Statement) (azuretest.Result, error) { return azuretest.Result{}, nil }
	}
	return func(ctx context.Context, s *Session) error {
		open := false // a transaction
		return pgsession.Run(ctx, s, pgsession.Server{
			Split: split, Parameters: countParameters,
			Status: func() byte {
				if open {
					return 'T'
				}
				return 'I'
			},
			Error: func(err error) *pgproto3.ErrorResponse {
				if !isPgError(err) {
					err = &pgconn.PgError{Code: "XX000", Message: err.Error()}
				}
				return errorResponse(err, "ERROR")
			},
			Query: func(ctx context.Context, sql string, args []any, describe bool) (*frontend.Table, string, error) {
				result, err := q(ctx, azuretest.Statement{SQL: sql, Args: args, User: s.User, Database: s.Database, Describe: describe})
				if err != nil {
					return nil, "", err
				}
				if !describe {
					open = frontend.InTransaction(sql, open)
				}
				table, err := frontend.NewTable(result)
				return table, tag(sql, result), err
			},
		})
	}
}

// tag is the command tag of a statement ("Message Formats", CommandComplete).
func tag(sql string, result azuretest.Result) string {
	verb := "SELECT"
	rows := int64(len(result.Rows))
	if fields := strings.Fields(sql); len(fields) > 0 && len(result.Columns) == 0 {
		verb, rows = strings.ToUpper(strings.TrimRight(fields[0], ";")), result.RowsAffected
	}
	switch {
	case result.Tag != "":
		return result.Tag
	case verb == "INSERT":
		return fmt.Sprintf("INSERT 0 %d", rows)
	case verb == "SELECT" || verb == "UPDATE" || verb == "DELETE" || verb == "MERGE":
		return fmt.Sprintf("%s %d", verb, rows)
	}
	return verb
}

// split is the text, unless it is no more than comments, as in pgx's ping.
func split(sql string) []string {
	for line := range strings.Lines(sql) {
		if line = strings.Trim(line, "; \t\r\n"); line != "" && !strings.HasPrefix(line, "--") {
			return []string{sql}
		}
	}
	return nil
}

// placeholder finds $1, $2, ... in a statement, also where they are not
// placeholders; that only makes one too many.
var placeholder = regexp.MustCompile(`\$([0-9]{1,4})`)

// countParameters is the highest number of a placeholder in a statement.
func countParameters(sql string) int {
	count := 0
	for _, match := range placeholder.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(match[1]) // digits only
		count = max(count, n)
	}
	return count
}
