package mysql

import (
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/neterr"
)

// judge says what a failed login means. At most one server has answered: the
// others of an attempt could not be reached.
func judge(err error) connector.Verdict {
	if answer, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return judgeAnswer(answer, kindOf(err), isA[unverified](err))
	}
	for _, f := range faults {
		if errors.Is(err, f.is) {
			return connector.Verdict{Hint: f.hint, Anchor: f.anchor}
		}
	}
	cause, _ := neterr.Explain(err)
	return connector.Verdict{Hint: cause.Hint, Anchor: cause.Anchor}
}

// judgeAnswer looks an answer up. One that came in clear text gives a hint, but
// does not count against the token: anybody on the way may have written it.
func judgeAnswer(answer *mysql.MySQLError, login kind, inClear bool) connector.Verdict {
	v := connector.Verdict{Refused: refused(answer) && !inClear}
	for _, row := range refusals {
		if row.matches(answer, login) {
			v.Expired = row.expired && v.Refused
			v.Hint, v.Anchor = row.hint, row.anchor
			break
		}
	}
	return v
}

// matches reports whether the row is about this answer to such a login.
func (r refusal) matches(answer *mysql.MySQLError, login kind) bool {
	return (r.login == anyLogin || r.login == login) &&
		(r.number == 0 || r.number == answer.Number) &&
		strings.Contains(strings.ToLower(answer.Message), r.text)
}

// refused reports whether the server refused the login itself, which another
// token might change: its class of errors is 28 (invalid authorization), or the
// text or number tells for the messages of Azure's that come with another.
func refused(answer *mysql.MySQLError) bool {
	return string(answer.SQLState[:2]) == "28" || answer.Number == cannotValidate ||
		strings.Contains(strings.ToLower(answer.Message), "access token")
}

// kindOf tells a login with a token from one with a password. A lone server
// error is taken for a token's.
func kindOf(err error) kind {
	if f, ok := errors.AsType[failure](err); ok && !f.login.IsToken {
		return byPassword
	}
	return byToken
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
