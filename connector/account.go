package connector

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/token"
)

// account is where the tokens of one handle come from. It is not modified once
// made.
type account struct {
	identity identity.Identity // as chosen, with its tenant
	source   *credential.Source
	tokens   *token.Handle
}

func (h *Handle) openAccount(id identity.Identity) (*account, error) {
	source, tokens, err := credential.Open(id, h.cloud, h.o, h.observer())
	if err != nil {
		return nil, err
	}
	return &account{id, source, tokens}, nil
}

// close ends what goes on for the account's handle in the background.
func (a *account) close() {
	_ = a.tokens.Close() // never fails
	a.source.Release()
}

// startAccount opens the account of the identity that was chosen. If the tenant
// is not known yet it only checks what can be checked without it.
func (h *Handle) startAccount() error {
	if h.identity.LacksTenant() {
		return credential.CheckCredential(h.identity)
	}
	a, err := h.openAccount(h.identity)
	if err != nil {
		return err
	}
	h.account.Store(a)
	return nil
}

// setAccount makes a the handle's, in the state that the handle is in by now. mu
// must be held.
func (h *Handle) setAccount(a *account) {
	if h.idle {
		a.tokens.SetActive(false)
	}
	if h.closed {
		a.close()
	}
	h.account.Store(a)
}

// identityNow is the identity that answered, which on a developer's machine may
// be another than the one chosen.
func (h *Handle) identityNow() identity.Identity {
	a := h.account.Load()
	if a == nil {
		return h.identity
	}
	return a.source.As(a.identity)
}

// token returns the account's token and whose it is. A fallback's token is dropped
// once the metadata service has answered: the managed identity has taken over.
func (a *account) token(ctx context.Context) (azcore.AccessToken, identity.Identity, error) {
	tok, err := a.tokens.Token(ctx)
	kind, fallback := a.source.FallbackOf(tok.Token)
	if err == nil && fallback && a.source.InAzure() {
		a.tokens.Invalidate(tok.Token)
		tok, err = a.tokens.Token(ctx)
		kind, fallback = a.source.FallbackOf(tok.Token)
	}
	if fallback {
		return tok, a.identity.AnsweredBy(kind), err
	}
	return tok, a.source.As(a.identity), err
}
