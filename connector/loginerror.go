package connector

import (
	"fmt"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// Verdict is what a driver package makes of a failed login.
type Verdict struct {
	// Refused is true when the server itself refused the login, false for errors
	// of the network, of TLS or of the caller's context.
	Refused bool

	// Expired is true when the server said that the token has expired.
	Expired bool

	// Hint is one clause that says what to do; empty if nothing is known.
	Hint string

	// Anchor is the section of TROUBLESHOOTING.md that says more; may be empty.
	Anchor string
}

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
	Err      error  // the driver's error
}

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
	fmt.Fprintf(&b, ": %s", scrub(oneLine(e.Err.Error())))
	if e.Hint != "" {
		fmt.Fprintf(&b, ": %s", e.Hint)
	}
	if e.Claims != "" {
		fmt.Fprintf(&b, "; the token is %s", e.Claims)
	}
	if e.Anchor != "" {
		fmt.Fprintf(&b, " (see TROUBLESHOOTING.md#%s)", e.Anchor)
	}
	return b.String()
}

// Unwrap returns the driver's error.
func (e *LoginError) Unwrap() error { return e.Err }

// loginError describes a login of this handle that failed with err.
func (h *Handle) loginError(err error, l Login, v Verdict) *LoginError {
	e := &LoginError{
		Engine:   h.config.Engine,
		Host:     h.config.Hosts[0].String(),
		Database: h.config.Database,
		User:     l.User,
		Identity: h.identityNow().String(),
		Hint:     v.Hint,
		Anchor:   v.Anchor,
		Err:      err,
	}
	if v.Refused && !l.noToken() {
		e.Claims = DescribeToken(l.Password.Reveal())
	}
	return e
}

// oneLine folds the line breaks and indentation that drivers and azidentity put
// into their messages.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
