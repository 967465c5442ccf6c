package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/neterr"
)

// judge says what a failed login means. With several hosts or addresses pgx
// joins the errors of all of them: the one that stands first in the tables
// counts.
func judge(err error) connector.Verdict {
	answers := serverErrors(err)
	login := kindOf(err)
	for _, row := range refusals {
		for _, answer := range answers {
			if row.matches(answer, login) {
				return connector.Verdict{Refused: refused(answer), Expired: row.expired, Hint: row.hint, Anchor: row.anchor}
			}
		}
	}
	for _, answer := range answers {
		if refused(answer) {
			return connector.Verdict{Refused: true}
		}
	}
	for _, f := range faults {
		if f.is(err) {
			return connector.Verdict{Hint: f.hint, Anchor: f.anchor}
		}
	}
	cause, _ := neterr.Explain(err)
	return connector.Verdict{Hint: cause.Hint, Anchor: cause.Anchor}
}

// matches reports whether the row is about this answer to such a login.
func (r refusal) matches(answer *pgconn.PgError, login kind) bool {
	return (r.login == anyLogin || r.login == login) &&
		(r.code == "" || r.code == answer.Code) &&
		strings.Contains(strings.ToLower(answer.Message), r.text)
}

// refused reports whether the server refused the login itself, which another
// token might change: its class of errors is 28 (invalid authorization), and the
// text alone tells for the messages of Azure's that come with another.
func refused(answer *pgconn.PgError) bool {
	return strings.HasPrefix(answer.Code, "28") || strings.Contains(strings.ToLower(answer.Message), "access token")
}

// kindOf tells a login with a token from one with a password by what this
// package has pinned for it. A lone server error is taken for a token's.
func kindOf(err error) kind {
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok && failed.Config.RequireAuth != tokenAuth {
		return byPassword
	}
	return byToken
}

// serverErrors lists what servers answered, in the order of the tries.
func serverErrors(err error) []*pgconn.PgError {
	if answer, ok := err.(*pgconn.PgError); ok {
		return []*pgconn.PgError{answer}
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return serverErrors(err.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*pgconn.PgError
		for _, e := range err.Unwrap() {
			all = append(all, serverErrors(e)...)
		}
		return all
	}
	return nil
}
