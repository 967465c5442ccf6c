package sqlserver

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/neterr"
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

// Server is where the login failed.
func (f failure) Server() string { return f.host.String() }

// failures are those of one attempt, in the order of the servers; at least one.
type failures = neterr.Several[failure]
