package connector

import (
	"github.com/azuredb/passwordless/token"
)

// account is where the tokens of one handle come from. It is not modified once
// made.
type account struct {
	identity identity // as chosen, with its tenant
	source   *source
	tokens   *token.Handle
}

// openAccount makes or joins the credential and the cache of an identity.
func (h *Handle) openAccount(id identity) (*account, error) {
	a := &account{identity: id}
	k, shared := sourceKey(id, h.cloud, h.o)
	group := &caches
	var err error
	if shared {
		a.source, err = sharedSource(k, id, h.cloud, h.o)
	} else {
		group = new(token.Group[key])
		a.source, err = newSource(id, h.cloud, h.o)
	}
	if err != nil {
		return nil, err
	}
	a.source.prober.join()
	fetch, o := a.source.fetch, tokenOptions(id, h.o)
	a.tokens = group.Open(k, func() *token.Cache { return token.New(fetch, o) }, h.observer())
	return a, nil
}

// close ends what goes on for the account's handle in the background.
func (a *account) close() {
	_ = a.tokens.Close() // never fails
	a.source.prober.leave()
}

// startAccount opens the account of the identity that was chosen. If the tenant
// is not known yet it only checks what can be checked without it.
func (h *Handle) startAccount() error {
	if h.identity.lacksTenant() {
		return h.identity.checkCredential()
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
func (h *Handle) identityNow() identity {
	a := h.account.Load()
	if a == nil {
		return h.identity
	}
	return a.source.as(a.identity)
}
