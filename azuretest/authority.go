package azuretest

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const instanceDiscoveryPath = "/common/discovery/instance"

// AuthorityHost returns the address of the cloud's Entra authority,
// "https://127.0.0.1:port/", for AZURE_AUTHORITY_HOST or
// cloud.Configuration.ActiveDirectoryAuthorityHost. Its certificate is issued
// by CA.
func (c *Cloud) AuthorityHost() string { return "https://" + c.authority.addr + "/" }

func (c *Cloud) authorityRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+instanceDiscoveryPath, c.serveInstanceDiscovery)
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", c.serveOpenIDConfiguration)
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", c.serveKeys)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", c.serveToken)
	return mux
}

// serveInstanceDiscovery tells a client that the authority it was configured
// with is a genuine one; strangers get invalid_instance, as from Entra. MSAL for
// Python, which az uses, leaves out the port, and asks for all aliases by
// login.microsoftonline.com.
func (c *Cloud) serveInstanceDiscovery(w http.ResponseWriter, r *http.Request) {
	c.exchange(w, r, Request{Endpoint: Discovery}, entraStatus, func(Fault) answer {
		endpoint, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
		address, port, _ := net.SplitHostPort(c.authority.addr)
		if err != nil || !slices.Contains([]string{address, "localhost", "login.microsoftonline.com"}, endpoint.Hostname()) || !slices.Contains([]string{"", port}, endpoint.Port()) {
			return entraError{http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance."}.answer()
		}
		tenant, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
		return answer{status: http.StatusOK, body: encode(map[string]any{
			"api-version":               "1.1",
			"tenant_discovery_endpoint": c.AuthorityHost() + tenant + "/v2.0/.well-known/openid-configuration",
			"metadata": []map[string]any{{
				"preferred_network": endpoint.Host,
				"preferred_cache":   endpoint.Host,
				"aliases":           []string{endpoint.Host},
			}},
		})}
	})
}

func (c *Cloud) serveOpenIDConfiguration(w http.ResponseWriter, r *http.Request) {
	c.exchange(w, r, Request{Endpoint: Discovery}, entraStatus, func(Fault) answer {
		tenant := r.PathValue("tenant")
		if !c.knownTenant(tenant) {
			return unknownTenant(tenant).answer()
		}
		base := c.AuthorityHost() + tenant
		return answer{status: http.StatusOK, body: encode(map[string]any{
			"issuer":                                base + "/v2.0",
			"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
			"token_endpoint":                        base + "/oauth2/v2.0/token",
			"jwks_uri":                              base + "/discovery/v2.0/keys",
			"response_types_supported":              []string{"code", "id_token"},
			"subject_types_supported":               []string{"pairwise"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		})}
	})
}

// serveKeys publishes the key that the tokens are signed with (RFC 7517).
func (c *Cloud) serveKeys(w http.ResponseWriter, r *http.Request) {
	c.exchange(w, r, Request{Endpoint: Discovery}, entraStatus, func(Fault) answer {
		return answer{status: http.StatusOK, body: encode(map[string]any{"keys": []any{c.publicKey()}})}
	})
}

// serveToken is the token endpoint for the client credentials grant:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (c *Cloud) serveToken(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // what could not be read is refused below as missing
	form := r.PostForm
	resource, scoped := strings.CutSuffix(form.Get("scope"), "/.default")
	// MSAL adds the scopes of sign-in, which mean nothing for an application.
	if first, _, more := strings.Cut(form.Get("scope"), " "); more {
		resource, scoped = strings.CutSuffix(first, "/.default")
	}
	entry := Request{Endpoint: Authority, Token: true, Resource: resource, Identity: form.Get("client_id")}
	c.exchange(w, r, entry, entraStatus, func(f Fault) answer {
		tenant := r.PathValue("tenant")
		switch {
		case !c.knownTenant(tenant):
			return unknownTenant(tenant).answer()
		case form.Get("grant_type") != "client_credentials":
			return entraError{http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."}.answer()
		case !scoped:
			return entraError{http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope " + form.Get("scope") +
				" is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."}.answer()
		}
		app := c.app(entry.Identity, tenant)
		if app == nil {
			return unknownApplication(entry.Identity, tenant).answer()
		}
		if refused := c.authenticate(app, tenant, form); refused != nil {
			return refused.answer()
		}
		if !c.knownResource(resource) {
			return unknownResource(resource, tenant).answer()
		}
		token, expires := c.mint(app, resource, f.Lifetime)
		life := int64(time.Until(expires).Round(time.Second) / time.Second)
		body := map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}
		return answer{status: http.StatusOK, body: encode(body), name: app.Name}
	})
}
