package credential

import (
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

// answerer is who gives the tokens. One that is unproven is a developer's sign-in that was chosen
// because the metadata service did not answer: once that does, the managed identity takes over.
type answerer struct {
	kind     passwordless.IdentityKind
	unproven bool
}

// grant is a token that an unproven answerer gave.
type grant struct {
	token string
	kind  passwordless.IdentityKind
}

// remembered is how many grants a source keeps: one for each cache that it fills, of which there
// is more than one only for moments.
const remembered = 4

func (s *Source) remember(token string, a answerer) {
	if token == "" || !a.unproven {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grants := append(slices.Clone(*s.grants.Load()), grant{token, a.kind})
	grants = grants[max(0, len(grants)-remembered):]
	s.grants.Store(&grants)
}

// FallbackOf returns the developer's sign-in that gave the token, unproven; false if none did.
func (s *Source) FallbackOf(token string) (passwordless.IdentityKind, bool) {
	for _, g := range *s.grants.Load() {
		if g.token == token {
			return g.kind, true
		}
	}
	return 0, false
}

// As returns who id turned out to be: itself, or after the first token the developer's sign-in that
// answered in its place. Handles that share a source may have chosen its identity by different rules.
func (s *Source) As(id identity.Identity) identity.Identity {
	if s.byObject.Load() {
		return id.ByObjectID()
	}
	if a := s.settled(); a != nil {
		return id.AnsweredBy(a.kind)
	}
	return id
}

// settled returns who gives the tokens; nil before the first one, and once the metadata service
// has answered after all.
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
