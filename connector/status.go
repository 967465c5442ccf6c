package connector

import (
	"fmt"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

func (h *Handle) azure() identity.AzureFacts {
	tag := h.host.AssetTag
	s := identity.AzureFacts{Endpoint: h.host.Marker, AssetTag: tag, InAzure: tag && h.o.ProbeIMDS == nil}
	if a := h.account.Load(); a != nil {
		s.Probe, s.ProbedAt = a.source.LastProbe()
		s.InAzure = s.InAzure || a.source.InAzure()
	}
	return s
}

// Status returns the handle's present state. It waits for nothing.
func (h *Handle) Status() passwordless.Status {
	id, azure := h.identityNow(), h.azure()
	s := passwordless.Status{
		Engine: h.config.Engine, Hosts: slices.Clone(h.config.Hosts), Database: h.config.Database, User: h.userNow(id),
		Connection: h.found.Connection, Source: h.found.Source, Variables: slices.Clone(h.variables),
		Kind: id.Kind, Identity: id.String(), Rule: id.Rule, Why: id.Why, Tenant: id.TenantID, InAzure: azure.InAzure, Azure: azure.String(),
		Cloud: h.cloud.Name, Scope: h.cloud.Scope, Authority: h.cloud.Authority,
		TLS: h.tls.String(), Warnings: h.withUserNote(id, slices.Concat(h.warnings(), h.lateWarnings(id))),
	}
	if a := h.account.Load(); a != nil {
		s.Token = h.stats(a)
	}
	return s
}

// Format writes where the handle connects and with which identity, whatever the verb: fmt would print its
// fields, and with them the values of parameters.
func (h *Handle) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s %s database %q with %s", h.config.Engine, h.config.Hosts[0], h.config.Database, h.identityNow())
}

// warnings are those that were known when the handle was opened.
func (h *Handle) warnings() []string {
	return slices.Concat(h.found.Warnings, h.identity.Warnings, h.tls.Warnings)
}

// lateWarnings are those of id that were not known when the handle was opened.
func (h *Handle) lateWarnings(id identity.Identity) []string {
	return slices.DeleteFunc(slices.Clone(id.Warnings), func(w string) bool { return slices.Contains(h.identity.Warnings, w) })
}

// userNow is the user name that the latest login of the identity id used, as far as it is known.
func (h *Handle) userNow(id identity.Identity) string {
	if last := h.lastLogin.Load(); last != nil && last.identity.Kind == id.Kind {
		return last.User
	}
	if !h.userFixed && id.ReplacesUser() {
		return "" // the token will name it
	}
	return h.config.User
}
