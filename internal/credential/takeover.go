package credential

import (
	"slices"

	"github.com/azuredb/passwordless"
)

// remembered is how many tokens of fallbacks a source remembers: one for each cache
// that it fills, of which there is more than one only for moments.
const remembered = 4

// remember notes a token of an unproven fallback.
func (s *Source) remember(token string, a answerer) {
	if token == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grants := append(slices.Clone(s.grants()), grant{token, a.kind})
	grants = grants[max(0, len(grants)-remembered):]
	s.unproven.Store(&grants)
}

func (s *Source) grants() []grant {
	if g := s.unproven.Load(); g != nil {
		return *g
	}
	return nil
}

// FallbackOf returns the developer's sign-in that gave the token, unproven; false
// if none did.
func (s *Source) FallbackOf(token string) (passwordless.IdentityKind, bool) {
	for _, g := range s.grants() {
		if g.token == token {
			return g.kind, true
		}
	}
	return 0, false
}
