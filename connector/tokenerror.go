package connector

import (
	"fmt"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// TokenError is a login that did not take place for want of a token that serves:
// the identity's issuer refused, failed or did not answer, the caller's context
// ended first, or the token does not name the database user that the connection
// leaves to it. The causes are reached with errors.As and errors.Is:
// azidentity's own error, [context.DeadlineExceeded], [context.Canceled].
type TokenError struct {
	Engine   dsn.Engine
	Host     string // host:port the token was for, the first one of a list
	Database string
	User     string // the connection's or Options.User; empty where the token is to name it
	Identity string // who asked, such as "system-assigned managed identity"
	Hint     string // what to do; empty if nothing is known
	Anchor   string // section of TROUBLESHOOTING.md; may be empty
	Err      error
}

// Error returns one line: the server, the database, the identity, what its issuer said and,
// where it is known, what to do.
func (e *TokenError) Error() string {
	text := redact.OneLine(e.Err.Error())
	for _, prefix := range [...]string{"token: ", "connector: ", "no token for " + e.Identity + ": "} {
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

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// tokenError describes err, which came from the handle's token cache or is about
// the token.
func (h *Handle) tokenError(err error, a advice.Advice) *TokenError {
	return &TokenError{
		Engine:   h.config.Engine,
		Host:     h.config.Hosts[0].String(),
		Database: h.config.Database,
		User:     h.config.User,
		Identity: h.identityNow().String(),
		Hint:     a.Hint,
		Anchor:   a.Anchor,
		Err:      err,
	}
}
