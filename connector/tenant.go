package connector

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/azuredb/passwordless/internal/advice"
)

// NeedsTenant reports whether the handle's service principal has no tenant yet, as Service Connector's SQL
// Server connections for Java, Python and other clients leave it out. Until [Handle.LearnTenant] has it,
// [Handle.Login] fails. For PostgreSQL and MySQL a missing tenant is an error of [Open].
func (h *Handle) NeedsTenant() bool { return h.plan.Identity.LacksTenant() && h.account.Load() == nil }

// LearnTenant takes the tenant of the handle's service principal from stsURL, the URL of a token service that
// a verified server sends during a login (STSURL in the FEDAUTHINFO token, MS-TDS section 2.2.7.12), such as
// https://login.windows.net/6f9619ff-8b86-d011-b42d-00c04fc964ff. Login works from then on.
//
// The URL must be one of the connection's own authority, or of another name that Microsoft gives the authority
// of the same cloud: the client secret goes to the configured authority in any case. To name the same tenant
// again does nothing, another one is an error. LearnTenant makes no request. Its errors are [*TokenError] or,
// for an unreadable certificate, [*SetupError].
func (h *Handle) LearnTenant(stsURL string) error {
	tenant, err := h.plan.Cloud.TenantFromURL(stsURL)
	if err != nil {
		return h.tokenError(err, unknownTenant)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.plan.Identity.TenantID
	if a := h.account.Load(); a != nil {
		known = a.identity.TenantID
	}
	switch {
	case strings.EqualFold(known, tenant):
		return nil
	case known != "" || !h.plan.Identity.LacksTenant():
		return h.tokenError(errOtherTenant, unknownTenant)
	}
	id := h.plan.Identity
	id.TenantID = tenant
	id.Why += "; the server named the tenant " + tenant
	if err := h.openAccount(id); err != nil {
		return err
	}
	h.say(slog.LevelInfo, "tenant learned from the server", slog.String("tenant", tenant))
	return nil
}

var (
	errOtherTenant = errors.New("passwordless: the server names another tenant than the one in use")
	errNoTenant    = errors.New("passwordless: the service principal has no tenant, and no server has named one")
	unknownTenant  = advice.Advice{Hint: "set TENANTID (tenant_id in a connection string), Options.TenantID or AZURE_TENANT_ID", Anchor: "service-principal-tenant"}
)
