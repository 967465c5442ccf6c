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

// openAccount makes or joins the credential and the cache of an identity.
func (h *Handle) openAccount(id identity.Identity) (*account, error) {
	a := &account{identity: id}
	k, shared := credential.KeyOf(id, h.cloud, h.o)
	group := &credential.Caches
	var err error
	if shared {
		a.source, err = credential.Shared(k, id, h.cloud, h.o)
	} else {
		group = new(token.Group[credential.Key])
		a.source, err = credential.New(id, h.cloud, h.o)
	}
	if err != nil {
		return nil, err
	}
	a.source.Prober.Join()
	fetch, o := a.source.Fetch, credential.TokenOptions(id, h.o)
	a.tokens = group.Open(k, func() *token.Cache { return token.New(fetch, o) }, h.observer())
	return a, nil
}

// close ends what goes on for the account's handle in the background.
func (a *account) close() {
	_ = a.tokens.Close() // never fails
	a.source.Prober.Leave()
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
	if err == nil && fallback && a.source.Prober.Proven.Load() {
		a.tokens.Invalidate(tok.Token)
		tok, err = a.tokens.Token(ctx)
		kind, fallback = a.source.FallbackOf(tok.Token)
	}
	if fallback {
		return tok, a.identity.AnsweredBy(kind), err
	}
	return tok, a.source.As(a.identity), err
}
