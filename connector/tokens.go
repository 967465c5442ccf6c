package connector

import (
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
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
	source, tokens, err := credential.Open(id, h.cloud, h.o, h.observer())
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

// close ends what goes on for the account's handle in the background.
func (a *account) close() {
	_ = a.tokens.Close() // never fails
	a.source.Release()
}

// identityNow is the identity that answered, which on a developer's machine may be another than the one chosen.
func (h *Handle) identityNow() identity.Identity {
	if a := h.account.Load(); a != nil {
		return a.source.As(a.identity)
	}
	return h.identity
}
