package connector

import (
	"fmt"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/plan"
)

func (h *Handle) azure() identity.AzureFacts {
	s := h.plan.Azure()
	if a := h.account.Load(); a != nil {
		s.Probe, s.ProbedAt = a.source.LastProbe()
		s.InAzure = s.InAzure || a.source.InAzure()
	}
	return s
}

// Status returns the handle's present state. It does not block.
func (h *Handle) Status() passwordless.Status {
	id := h.identityNow()
	s := h.plan.Status(id, h.azure())
	s.User = h.userNow(id)
	s.Warnings = plan.WithNote(id, slices.Concat(h.plan.Warnings(), h.lateWarnings(id)), h.userNote(id))
	if a := h.account.Load(); a != nil {
		s.Token = h.stats(a)
	}
	return s
}

// Format writes where the handle connects and with which identity, whatever the verb: fmt would print its
// fields, and with them the values of parameters.
func (h *Handle) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s %s database %q with %s", h.plan.Config.Engine, h.plan.Config.Hosts[0], h.plan.Config.Database, h.identityNow())
}

// lateWarnings are those of id that were not known when the handle was opened.
func (h *Handle) lateWarnings(id identity.Identity) []string {
	return slices.DeleteFunc(slices.Clone(id.Warnings), func(w string) bool { return slices.Contains(h.plan.Identity.Warnings, w) })
}

// userNow is the user name that the latest login of the identity id used, as far as it is known.
func (h *Handle) userNow(id identity.Identity) string {
	if last := h.lastLogin.Load(); last != nil && last.identity.Kind == id.Kind {
		return last.User
	}
	return h.plan.User(id)
}
