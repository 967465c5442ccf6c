package mysql

import (
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/neterr"
)

// failure is a login that failed at one host.
type failure struct {
	host  string
	err   error
	login connector.Login
}

// Error is the text of the driver's error, without a password that the server's
// message quotes.
func (f failure) Error() string {
	text := f.err.Error()
	if f.login.Password.IsZero() || !isA[*mysql.MySQLError](f.err) {
		return text // no server has said anything
	}
	return strings.ReplaceAll(text, f.login.Password.Reveal(), "***")
}

func (f failure) Unwrap() error { return f.err }

// Server is where the login failed.
func (f failure) Server() string { return f.host }

// failures are those of one attempt, in the order of the servers; at least one.
type failures = neterr.Several[failure]

// interrupted is one of the driver's errors that stand for any broken
// connection, with the error behind it, which the driver only logs.
type interrupted struct{ err, cause error }

func (i interrupted) Error() string   { return i.err.Error() + ": " + i.cause.Error() }
func (i interrupted) Unwrap() []error { return []error{i.err, i.cause} }

// unverified is what a server answered before TLS, so that nobody knows who it
// was.
type unverified struct{ error }

func (u unverified) Unwrap() error { return u.error }
