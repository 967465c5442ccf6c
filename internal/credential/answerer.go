package credential

import (
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

// remembered is how many tokens of fallbacks a source remembers: one for each cache
// that it fills, of which there is more than one only for moments.
const remembered = 4

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

// answerer is who gives the tokens.
type answerer struct {
	kind passwordless.IdentityKind

	// unproven is set for a developer's sign-in that was chosen because the metadata
	// service did not answer. It gives way to the managed identity once that does.
	unproven bool
}

// grant is a token and who gave it.
type grant struct {
	token string
	kind  passwordless.IdentityKind
}

// As returns who id turned out to be: itself, or after the first token the
// developer's sign-in that answered in its place. Handles that share a source
// may have come to the same identity by different rules.
func (s *Source) As(id identity.Identity) identity.Identity {
	if s.byObject.Load() {
		return id.ByObjectID()
	}
	return givenBy(id, s.settled())
}

// givenBy is who id is when a answers for it.
func givenBy(id identity.Identity, a *answerer) identity.Identity {
	if a == nil || a.kind == id.Kind {
		return id
	}
	return id.AnsweredBy(a.kind)
}

// settled returns who gives the tokens; nil before the first one, and once the
// metadata service has answered after all.
func (s *Source) settled() *answerer {
	a := s.answered.Load()
	if a != nil && a.unproven && s.prober.proven.Load() {
		return nil
	}
	return a
}

// settle makes a the one who gives the tokens, unless somebody was faster.
func (s *Source) settle(a answerer) {
	if s.settled() == nil {
		s.answered.CompareAndSwap(s.answered.Load(), &a)
	}
}
