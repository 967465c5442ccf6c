package sqlserver

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// failure is a login that failed at one server.
type failure struct {
	host     dsn.Host
	err      error
	password dsn.Secret // or token
}

// Error is the text of the driver's error, without a password that the server's
// message quotes.
func (f failure) Error() string {
	text := f.err.Error()
	if f.password.IsZero() || len(serverErrors(f.err)) == 0 {
		return text // no server has said anything
	}
	return strings.ReplaceAll(text, f.password.Reveal(), "***")
}

func (f failure) Unwrap() error { return f.err }

// failures are those of one attempt, in the order of the servers; at least one.
type failures []failure

func (f failures) Error() string {
	if len(f) == 1 {
		return f[0].Error() // the login error names the server
	}
	texts := make([]string, len(f))
	for i, one := range f {
		texts[i] = one.host.String() + ": " + one.Error()
	}
	return strings.Join(texts, "; ")
}

func (f failures) Unwrap() []error {
	errs := make([]error, len(f))
	for i, one := range f {
		errs[i] = one
	}
	return errs
}
