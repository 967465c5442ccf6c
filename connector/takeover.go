package connector

import (
	"context"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// remembered is how many tokens of fallbacks a source remembers: one for each cache
// that it fills, of which there is more than one only for moments.
const remembered = 4

// remember notes a token of an unproven fallback.
func (s *source) remember(token string, a answerer) {
	if token == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grants := append(slices.Clone(s.grants()), grant{token, a.kind})
	grants = grants[max(0, len(grants)-remembered):]
	s.unproven.Store(&grants)
}

func (s *source) grants() []grant {
	if g := s.unproven.Load(); g != nil {
		return *g
	}
	return nil
}

// fallbackOf returns the developer's sign-in that gave the token, unproven; false
// if none did.
func (s *source) fallbackOf(token string) (IdentityKind, bool) {
	for _, g := range s.grants() {
		if g.token == token {
			return g.kind, true
		}
	}
	return 0, false
}

// token returns the account's token and whose it is. A fallback's token is dropped
// once the metadata service has answered: the managed identity has taken over.
func (a *account) token(ctx context.Context) (azcore.AccessToken, identity, error) {
	tok, err := a.tokens.Token(ctx)
	kind, fallback := a.source.fallbackOf(tok.Token)
	if err == nil && fallback && a.source.prober.proven.Load() {
		a.tokens.Invalidate(tok.Token)
		tok, err = a.tokens.Token(ctx)
		kind, fallback = a.source.fallbackOf(tok.Token)
	}
	if fallback {
		return tok, a.identity.answeredBy(kind), err
	}
	return tok, a.source.as(a.identity), err
}
