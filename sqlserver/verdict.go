package sqlserver

import (
	"slices"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/neterr"
)

// judge says what a failed login means. A server often sends several errors,
// such as "cannot open database" and "login failed": the one that stands first in
// the tables counts, and so it is with the errors of several servers.
func (c *Connector) judge(err error) connector.Verdict {
	answers := serverErrors(err)
	if r, ok := find(answers, c.kind); ok {
		return connector.Verdict{Refused: r.refused, Expired: r.expired, Hint: r.hint, Anchor: r.anchor}
	}
	if len(answers) > 0 {
		return connector.Verdict{}
	}
	for _, f := range faults {
		if f.is(err) {
			return connector.Verdict{Hint: f.hint, Anchor: f.anchor}
		}
	}
	cause, _ := neterr.Explain(err)
	return connector.Verdict{Hint: cause.Hint, Anchor: cause.Anchor}
}

// find returns the first row of the table that is about one of the answers.
func find(answers []mssql.Error, login kind) (refusal, bool) {
	for _, r := range refusals {
		for _, answer := range answers {
			if r.matches(answer, login) {
				return r, true
			}
		}
	}
	return refusal{}, false
}

// tryElsewhere reports whether a login that failed so may succeed at the failover
// partner: the server could not be reached, or does not have the database in
// service. "Cannot open database" (4060) counts as that, for it is what a mirror
// says; other logins that are refused would be refused there too.
func (c *Connector) tryElsewhere(err error) bool {
	if answers := serverErrors(err); len(answers) > 0 {
		r, ok := find(answers, c.kind)
		return ok && r.elsewhere
	}
	return unreachable(err)
}

// serverErrors lists what servers answered, in the order in which they did.
func serverErrors(err error) []mssql.Error {
	switch err := err.(type) {
	case mssql.Error:
		if len(err.All) > 0 {
			return err.All
		}
		return []mssql.Error{err}
	case interface{ Unwrap() error }:
		return serverErrors(err.Unwrap())
	case interface{ Unwrap() []error }:
		var all []mssql.Error
		for _, e := range err.Unwrap() {
			all = append(all, serverErrors(e)...)
		}
		return all
	}
	return nil
}

// matches reports whether the row is about this answer to such a login.
func (r refusal) matches(answer mssql.Error, login kind) bool {
	return (r.login == anyLogin || r.login == login) && slices.Contains(r.numbers, answer.Number) &&
		strings.Contains(strings.ToLower(answer.Message), r.text)
}
