package passwordless

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// ErrorInfo is what a [TokenError] and a [LoginError] both tell.
type ErrorInfo struct {
	Engine   dsn.Engine
	Host     string // host:port, the first one of a list
	Database string
	User     string // empty if it is not known, as while the token is to name it
	Identity string // such as "system-assigned managed identity"
	Hint     string // what to do; empty if nothing is known
	Anchor   string // section of TROUBLESHOOTING.md; may be empty
	Retry    bool   // see Temporary
	Err      error  // the cause
}

// Temporary reports whether trying again without changing anything can help. It can if
// no one listened at the address, the connection broke or the resolver failed, and:
//
//   - of a [LoginError] if the server is starting, stopping, failing over, busy or out
//     of connections, or did not answer in time; and if the server said that the token
//     has expired, which is replaced by a new one
//   - of a [TokenError] if the issuer throttles (429), fails (5xx) or does not answer in
//     time, or the host's identity endpoint is being updated (404, 410)
//
// It cannot if the cause is not known, or is the caller's own context that was
// cancelled, nor:
//
//   - of a LoginError if the server refused the login for any other reason, the database
//     or the host does not exist, or the server could not be verified
//   - of a TokenError if the issuer answered anything else, as it does to a wrong client
//     ID, secret, certificate or tenant (400, 401, 403); if no sign-in of a developer
//     serves, or the token is for something else or names no user
func (e *ErrorInfo) Temporary() bool { return e.Retry }

// Unwrap returns the cause.
func (e *ErrorInfo) Unwrap() error { return e.Err }

// MarshalJSON writes the fields, with the text of Err.
func (e *ErrorInfo) MarshalJSON() ([]byte, error) { return json.Marshal(e.printed()) }

// errorFields are an ErrorInfo's for encoding/json: Err in it replaces the one of fields.
type errorFields struct {
	fields
	Err string
}

type fields ErrorInfo

func (e *ErrorInfo) printed() errorFields { return errorFields{fields(*e), causeText(e.Err)} }

// causeText is a cause's text in one line, without what a server or an issuer may have echoed.
func causeText(err error) string {
	if err == nil {
		return ""
	}
	return redact.Scrub(redact.OneLine(err.Error()))
}

// LoginError is returned when the server refused the login or could not be reached.
// Its text is one line; the driver's own error is reached with errors.As and
// errors.Is.
type LoginError struct {
	ErrorInfo
	Claims string // of a token that the server refused, in a few words
}

// Error returns one line: the server, the user, the identity, the driver's error and,
// if known, what to do.
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
	fmt.Fprintf(&b, ": %s", causeText(e.Err))
	if e.Hint != "" {
		fmt.Fprintf(&b, ": %s", e.Hint)
	}
	if e.Claims != "" {
		fmt.Fprintf(&b, "; the token is %s", e.Claims)
	}
	return b.String() + see(e.Anchor)
}

// Format writes Error's text for every verb.
func (e *LoginError) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.Error()) }

// MarshalJSON writes the fields, with the text of Err.
func (e *LoginError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		errorFields
		Claims string
	}{e.printed(), e.Claims})
}

// LogValue implements [slog.LogValuer] with Error's text.
func (e *LoginError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// SetupError is returned for a variable, a key of the connection string or an option
// that is missing, contradictory or not allowed, before anything is sent. The same
// setup always gives the same error. It never contains a value.
type SetupError struct {
	// Variable is the environment variable, the key of the connection string or the
	// option that is wrong, as it was written. Empty if there is no single one.
	Variable string

	// Anchor is the section of TROUBLESHOOTING.md, such as
	// "no-connection-settings"; may be empty.
	Anchor string

	// Err says what is wrong and what to do about it; never nil. It is a
	// [*dsn.ParseError] where a connection string or a setting is malformed.
	Err error
}

// Error returns one line: the variable, what is wrong, and a link.
func (e *SetupError) Error() string {
	text := "passwordless: "
	if e.Variable != "" {
		text += e.Variable + ": "
	}
	cause := e.Err.Error()
	if _, ok := e.Err.(*dsn.ParseError); ok {
		cause = strings.TrimPrefix(cause, "dsn: ")
	}
	text += cause
	return text + see(e.Anchor)
}

// Format writes Error's text for every verb.
func (e *SetupError) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.Error()) }

// MarshalJSON writes the fields, with the text of Err.
func (e *SetupError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ Variable, Anchor, Err string }{e.Variable, e.Anchor, causeText(e.Err)})
}

// see returns the link to a section of the guide, for the end of an error's text.
func see(anchor string) string {
	if anchor == "" {
		return ""
	}
	return " (see " + advice.Guide + anchor + ")"
}

// Unwrap returns the cause.
func (e *SetupError) Unwrap() error { return e.Err }

// TokenError is returned when no usable token could be obtained; the server was not
// contacted. The identity's issuer refused, failed or did not answer, the caller's
// context ended first, or neither the connection nor the token names the database
// user. The causes are reached with errors.As and errors.Is: azidentity's error,
// [context.DeadlineExceeded], [context.Canceled].
type TokenError struct{ ErrorInfo }

// Error returns one line: the server, the database, the identity, what its issuer
// said and, if known, what to do.
func (e *TokenError) Error() string {
	text := causeText(e.Err)
	for _, prefix := range [...]string{"token: ", "passwordless: ", "no token for " + e.Identity + ": "} {
		text = strings.TrimPrefix(text, prefix)
	}
	login := e.Engine.String() + ": login to " + e.Host
	if e.Database != "" {
		login += fmt.Sprintf(" database %q", e.Database)
	}
	text = login + " with " + e.Identity + ": " + text
	if !strings.Contains(text, e.Hint) {
		text += ": " + e.Hint
	}
	return text + see(e.Anchor)
}

// Format writes Error's text for every verb.
func (e *TokenError) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.Error()) }

// LogValue implements [slog.LogValuer] with Error's text.
func (e *TokenError) LogValue() slog.Value { return slog.StringValue(e.Error()) }
