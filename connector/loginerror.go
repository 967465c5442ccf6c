package connector

import (
	"fmt"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// Classification is what a driver package makes of a failed login: whether the
// server itself Refused it, whether it said that the token has Expired, whether
// the failure is Temporary, and a Hint and an Anchor for the reader.
type Classification = advice.Classification

// LoginError is a login that failed after the connection was found and the
// token was there. Its text is one line; the driver's own error is reached with
// errors.As and errors.Is.
type LoginError struct {
	Engine   dsn.Engine
	Host     string // host:port, the first one of a list
	Database string
	User     string
	Identity string // who logged in, such as "system-assigned managed identity"
	Claims   string // if the server refused a token: what that says of itself, see [DescribeToken]
	Hint     string // what to do; empty if nothing is known
	Anchor   string // section of TROUBLESHOOTING.md; may be empty
	Retry    bool   // see Temporary
	Err      error  // the driver's error
}

// Temporary reports whether trying again without changing anything can help:
//
//   - true if the server is starting, stopping, failing over, busy or out of
//     connections, or did not answer in time; if no one listened at its address,
//     the connection broke or the resolver failed; and if the server said that the
//     token has expired, which is replaced by a new one
//   - false if the server refused the login for any other reason, the database or
//     the host does not exist, or the server could not be verified; also if the
//     cause is not known, or is the caller's own context that was cancelled
func (e *LoginError) Temporary() bool { return e.Retry }

// Error names the server, the user, the identity, the driver's own words and,
// where it is known, what to do.
func (e *LoginError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: login", e.Engine)
	if e.Host != "" {
		fmt.Fprintf(&b, " to %s", e.Host)
	}
	if e.Database != "" {
		fmt.Fprintf(&b, " database %q", e.Database)
	}
	if e.User != "" {
		fmt.Fprintf(&b, " as %q", e.User)
	}
	if e.Identity != "" {
		fmt.Fprintf(&b, " with %s", e.Identity)
	}
	fmt.Fprintf(&b, ": %s", redact.Scrub(redact.OneLine(e.Err.Error())))
	if e.Hint != "" {
		fmt.Fprintf(&b, ": %s", e.Hint)
	}
	if e.Claims != "" {
		fmt.Fprintf(&b, "; the token is %s", e.Claims)
	}
	return b.String() + see(e.Anchor)
}

// Unwrap returns the driver's error.
func (e *LoginError) Unwrap() error { return e.Err }

// loginError describes a login of this handle that failed with err.
func (h *Handle) loginError(err error, l Login, c Classification) *LoginError {
	e := &LoginError{
		Engine:   h.config.Engine,
		Host:     h.config.Hosts[0].String(),
		Database: h.config.Database,
		User:     l.User,
		Identity: h.identityOf(l).String(),
		Hint:     c.Hint,
		Anchor:   c.Anchor,
		Retry:    c.Temporary,
		Err:      err,
	}
	if c.Refused && l.IsToken {
		e.Claims = DescribeToken(l.Password.Reveal())
	}
	return e
}
