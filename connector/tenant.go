package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"strings"

	"github.com/azuredb/passwordless/internal/advice"
)

// lacksTenant reports whether id is a service principal whose tenant nothing in
// the configuration names. Only SQL Server's connections are chosen so: a server
// names the tenant when a client logs in.
func (id identity) lacksTenant() bool {
	return (id.kind == ServicePrincipal || id.kind == ServicePrincipalCertificate) && id.tenantID == ""
}

// NeedsTenant reports whether the handle's service principal has no tenant yet, as
// Service Connector's SQL Server connections for Java, Python and other clients
// leave it out. Until [Handle.LearnTenant] is told it, [Handle.Login] fails. It is
// always false for PostgreSQL and MySQL, where a missing tenant is an error of
// [Open].
func (h *Handle) NeedsTenant() bool {
	return h.identity.lacksTenant() && h.account.Load() == nil
}

// LearnTenant takes the tenant of the handle's service principal from stsURL, the
// URL of a token service that a verified server sends during a login (STSURL in
// the FEDAUTHINFO token, MS-TDS section 2.2.7.12), such as
// https://login.windows.net/6f9619ff-8b86-d011-b42d-00c04fc964ff. Login works from
// then on.
//
// The URL must be one of the connection's own authority, or of another name that
// Microsoft gives the authority of the same cloud: the client secret goes to the
// configured authority in any case. To name the same tenant again does nothing,
// another one is an error; a handle keeps the first. LearnTenant asks nobody. Its
// errors are [*TokenError] or, for an unreadable certificate, [*SetupError].
func (h *Handle) LearnTenant(stsURL string) error {
	tenant, err := h.cloud.tenantIn(stsURL)
	if err != nil {
		return h.tokenError(err, unknownTenant)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.identity.tenantID
	if a := h.account.Load(); a != nil {
		known = a.identity.tenantID
	}
	switch {
	case strings.EqualFold(known, tenant):
		return nil
	case known != "" || !h.identity.lacksTenant():
		return h.tokenError(errOtherTenant, unknownTenant)
	}
	id := h.identity
	id.tenantID = tenant
	id.why += "; the server named the tenant " + tenant
	a, err := h.openAccount(id)
	if err != nil {
		return err
	}
	h.setAccount(a)
	h.log.LogAttrs(context.Background(), slog.LevelInfo, "tenant learned from the server",
		append(h.attrs(), slog.String("tenant", tenant))...)
	return nil
}

var (
	errOtherTenant = errors.New("connector: the server names another tenant than the one in use")
	errNoTenant    = errors.New("connector: the service principal has no tenant, and no server has named one")
	unknownTenant  = advice.Advice{Hint: "set TENANTID (tenant_id in a connection string), Options.TenantID or AZURE_TENANT_ID", Anchor: "service-principal-tenant"}
)

// tenantIn returns the tenant in the URL of a token service that a server named.
// Errors quote no more of it than the host.
func (cl cloudInfo) tenantIn(stsURL string) (string, error) {
	u, err := url.Parse(stsURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(stsURL, `%\?#@`) {
		return "", errors.New("connector: the server names no token service: its URL must be https://, a host and a tenant")
	}
	below, ok := cl.serves(u)
	if !ok {
		return "", fmt.Errorf("connector: the server names the token service at %.100q, which is not that of %s", u.Host, cl.authority)
	}
	tenant, _, _ := strings.Cut(below, "/")
	if path.Clean("/"+below) != "/"+strings.TrimSuffix(below, "/") || !isTenant(tenant) {
		return "", errors.New("connector: the URL of the token service that the server names holds no tenant's ID or domain")
	}
	return tenant, nil
}

// serves reports whether u is a URL of the connection's authority, and returns
// what its path has below the authority's own. Microsoft's authorities go by
// several names; any other is only what it is.
func (cl cloudInfo) serves(u *url.URL) (below string, ok bool) {
	own, err := url.Parse(cl.authority)
	if err != nil {
		return "", false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
	if host != strings.TrimSuffix(own.Host, ":443") {
		cloud, _ := authorityOf(cl.authority)
		other, _ := authorityOf("https://" + host + "/")
		if cloud == "" || other != cloud {
			return "", false
		}
	}
	return strings.CutPrefix(u.Path, own.Path)
}

// isTenant reports whether s names one tenant of Microsoft Entra: its ID, or one
// of its domains. "common" and its like name none.
func isTenant(s string) bool {
	if isGUID(s) {
		return true
	}
	labels := strings.Split(strings.ToLower(s), ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return len(labels) > 1
}
