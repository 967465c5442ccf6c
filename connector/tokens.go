package connector

import (
	"log/slog"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/token"
)

// account is where the tokens of one handle come from. It is not modified once made.
type account struct {
	identity identity.Identity // as chosen, with its tenant
	source   *credential.Source
	tokens   *token.Handle
}

// openAccount opens the account of id, in the state that the handle is in by now. mu must be held, once
// others know the handle.
func (h *Handle) openAccount(id identity.Identity) error {
	source, tokens, err := credential.Open(id, h.plan.Cloud, h.plan.Options, h.observer())
	if err != nil {
		return err
	}
	a := &account{id, source, tokens}
	if h.idle {
		a.tokens.SetActive(false)
	}
	if h.closed {
		a.close()
	}
	h.account.Store(a)
	return nil
}

// close ends the background work of the account's handle.
func (a *account) close() {
	_ = a.tokens.Close() // never fails
	a.source.Release()
}

// givenUp is a token request that a login stopped waiting for.
type givenUp struct {
	began time.Time
	err   error
}

// giveUp adds the state of the token request to the error of a login whose context ended. It logs this once for
// each request: the end of the request is logged only if some login still needs it.
func (h *Handle) giveUp(a *account, err error) error {
	err = a.source.GivenUp(err)
	now := &givenUp{a.tokens.Stats().LastRequest, err}
	if before := h.givenUp.Swap(now); before == nil || before.began != now.began {
		h.say(slog.LevelWarn, "no token in time", slog.String("error", redact.OneLine(err.Error())))
	}
	return err
}

// stats are the token's. LastError is that of the latest login that gave up the request in progress, if any.
func (h *Handle) stats(a *account) passwordless.Stats {
	s := a.tokens.Stats()
	if g := h.givenUp.Load(); g != nil && s.LastError == nil && !s.Valid && s.LastRequest.Equal(g.began) {
		s.LastError = g.err
	}
	return s
}

// identityNow is the identity that answered, which on a developer's machine may be another than the one chosen.
func (h *Handle) identityNow() identity.Identity {
	if a := h.account.Load(); a != nil {
		return a.source.As(a.identity)
	}
	return h.plan.Identity
}
