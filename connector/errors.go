package connector

import (
	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/credential"
)

// loginError describes a login of this handle that failed with err.
func (h *Handle) loginError(err error, l Login, c Classification) *passwordless.LoginError {
	e := &passwordless.LoginError{
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
		e.Claims = credential.DescribeToken(l.Password.Reveal())
	}
	return e
}

// tokenError describes err, which came from the handle's token cache or is about
// the token.
func (h *Handle) tokenError(err error, a advice.Advice) *passwordless.TokenError {
	return &passwordless.TokenError{
		Engine:   h.config.Engine,
		Host:     h.config.Hosts[0].String(),
		Database: h.config.Database,
		User:     h.config.User,
		Identity: h.identityNow().String(),
		Hint:     a.Hint,
		Anchor:   a.Anchor,
		Retry:    credential.IsTemporary(err),
		Err:      err,
	}
}
