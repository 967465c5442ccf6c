package mysql

import (
	"errors"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/redact"
)

// Explain returns a failed login of a configuration from [Configure] as a
// *[passwordless.LoginError] that says what to do. The driver's bare error does not
// tell which server, user and identity it was, so their fields are empty;
// errors.As and errors.Is still find that error. An error that this package has
// nothing to say about, and in which no server has quoted a token, is returned as it
// is, and so are nil and an error that is explained already. Explain makes no request.
//
// It cannot tell a login's error from a statement's: pass it the errors of
// [database/sql.DB.PingContext] and the like.
func Explain(err error) error {
	if _, ok := errors.AsType[*passwordless.LoginError](err); ok || err == nil {
		return err
	}
	c, clean := classify(err, true), redact.NewError("", err, err.Error(), "", true)
	if c.Hint == "" && !clean.Redacted() {
		return err
	}
	return &passwordless.LoginError{ErrorInfo: passwordless.ErrorInfo{Engine: dsn.MySQL, Hint: c.Hint, Anchor: c.Anchor, Retry: c.Temporary, Err: clean}}
}

// interrupted is one of the driver's errors that stand for any broken
// connection, with the error behind it, which the driver only logs.
type interrupted struct{ err, cause error }

func (i interrupted) Error() string   { return i.err.Error() + ": " + i.cause.Error() }
func (i interrupted) Unwrap() []error { return []error{i.err, i.cause} }

// unverified is what a server answered before TLS, so that no one knows who it was.
type unverified struct{ error }

func (u unverified) Unwrap() error { return u.error }
