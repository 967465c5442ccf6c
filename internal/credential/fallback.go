package credential

import (
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

// answerer is the credential that issues the tokens. If unproven, it is a developer's sign-in that was
// chosen because the metadata service did not answer: once that does, the managed identity takes over.
type answerer struct {
	kind     passwordless.IdentityKind
	unproven bool
}

// grant is a token from an unproven answerer.
type grant struct {
	token string
	kind  passwordless.IdentityKind
}

// remembered is how many grants a source keeps: one for each cache that it fills, of which there
// is more than one only briefly.
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

// FallbackOf returns the unproven developer's sign-in that issued the token; false if none did.
func (s *Source) FallbackOf(token string) (passwordless.IdentityKind, bool) {
	for _, g := range *s.grants.Load() {
		if g.token == token {
			return g.kind, true
		}
	}
	return 0, false
}

// As returns the identity in use for id: itself, or after the first token the developer's sign-in that
// answered instead. Handles that share a source may have chosen its identity by different rules.
func (s *Source) As(id identity.Identity) identity.Identity {
	if s.byObject.Load() {
		return id.ByObjectID()
	}
	if a := s.settled(); a != nil {
		return id.AnsweredBy(a.kind)
	}
	return id
}

// settled returns the source's answerer; nil before the first token, and once the metadata service
// has answered after all.
func (s *Source) settled() *answerer {
	a := s.answered.Load()
	if a != nil && a.unproven && s.prober.proven.Load() {
		return nil
	}
	return a
}

// settle makes a the source's answerer, unless another goroutine was first.
func (s *Source) settle(a answerer) {
	if s.settled() == nil {
		s.answered.CompareAndSwap(s.answered.Load(), &a)
	}
}
