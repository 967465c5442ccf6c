package connector

import (
	"cmp"
	"sync"

	"github.com/azuredb/passwordless/dsn"
)

// loggedIn holds which identity this process has logged in to which database, as loginKeys.
var loggedIn sync.Map

type loginKey struct {
	engine                   dsn.Engine
	host, database, identity string
}

// issued returns what is known of a login with a token, nil if another one has replaced it.
func (h *Handle) issued(l Login) *issuedLogin {
	if last := h.lastLogin.Load(); last != nil && last.Password.Reveal() == l.Password.Reveal() {
		return last
	}
	return nil
}

func (h *Handle) keyOf(l *issuedLogin) loginKey {
	return loginKey{h.plan.Config.Engine, h.plan.Config.Hosts[0].String(), h.plan.Config.Database, cmp.Or(l.objectID, l.identity.String())}
}

// accepted remembers that a server has accepted a login.
func (h *Handle) accepted(l *Login) {
	if l == nil || !l.IsToken {
		return
	}
	if last := h.issued(*l); last != nil && !last.accepted.Load() {
		last.accepted.Store(true)
		loggedIn.Store(h.keyOf(last), nil)
	}
}

// wasAccepted reports whether the login's identity has logged in to this database before, with whatever token.
func (h *Handle) wasAccepted(l *issuedLogin) bool {
	_, ok := loggedIn.Load(h.keyOf(l))
	return ok
}
