package connector

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

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
	Retry    bool   // see Temporary
	Err      error
}

// Temporary reports whether trying again without changing anything can help:
//
//   - true if the issuer throttles (429), fails (5xx) or does not answer in time,
//     or the host's identity endpoint is being updated (404, 410); if no one listens
//     at the issuer's address, the connection broke or the resolver failed
//   - false if the issuer answered anything else, as it does to a wrong client ID,
//     secret, certificate or tenant (400, 401, 403); if no sign-in of a developer
//     serves, the token is for something else or names no user, or the caller's own
//     context was cancelled; also if the cause is not known
func (e *TokenError) Temporary() bool { return e.Retry }

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
		Retry:    isTemporary(err),
		Err:      err,
	}
}

// isTemporary reports whether another token request may succeed where this one
// failed with err.
func isTemporary(err error) bool {
	var status int
	managed := false
	if e, ok := errors.AsType[*identityError](err); ok {
		status, managed = e.status, e.identity.kind.managed()
	}
	if response, ok := errors.AsType[*azcore.ResponseError](err); ok && status == 0 { // of a custom credential
		status = response.StatusCode
	}
	switch {
	case status == 0:
		return advice.Network.Classify(err, true).Temporary
	case status == http.StatusNotFound, status == http.StatusGone:
		return managed
	default:
		return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
	}
}
