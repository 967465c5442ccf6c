package mysql

import (
	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// withoutSecret is the error of a login at one server, whose message may quote
// the password or token.
func withoutSecret(address string, err error, password dsn.Secret) *redact.Error {
	var secret string
	if advice.Is[*mysql.MySQLError](err) {
		secret = password.Reveal()
	}
	return redact.NewError(address, err, err.Error(), secret)
}

// interrupted is one of the driver's errors that stand for any broken
// connection, with the error behind it, which the driver only logs.
type interrupted struct{ err, cause error }

func (i interrupted) Error() string   { return i.err.Error() + ": " + i.cause.Error() }
func (i interrupted) Unwrap() []error { return []error{i.err, i.cause} }

// unverified is what a server answered before TLS, so that no one knows who it
// was.
type unverified struct{ error }

func (u unverified) Unwrap() error { return u.error }
