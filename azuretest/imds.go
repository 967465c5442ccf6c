package azuretest

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// The Instance Metadata Service of virtual machines, which Transport leads to.
const (
	imdsHost = "169.254.169.254"
	imdsPath = "/metadata/identity/oauth2/token"
)

// serveIMDS answers as documented in
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
// (get a token using HTTP, error handling). A request without the Metadata
// header, which is how clients probe, gets 400 and JSON.
func (c *Cloud) serveIMDS(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	entry := Request{
		Endpoint: IMDS,
		Token:    r.Header.Get("Metadata") == "true",
		Resource: q.Get("resource"),
		Identity: cmp.Or(q.Get("client_id"), q.Get("object_id"), q.Get("msi_res_id")),
	}
	c.exchange(w, r, entry, imdsError, func(f Fault) answer {
		refuse := func(code, description string) answer {
			return answer{status: http.StatusBadRequest, body: oauthError(code, description)}
		}
		switch {
		case !entry.Token:
			return refuse("invalid_request", "Required metadata header not specified")
		case q.Get("api-version") == "":
			return refuse("invalid_request", "Required query variable 'api-version' is missing")
		case entry.Resource == "":
			return refuse("invalid_request", "Required query variable 'resource' is missing")
		}
		id := c.managed(q.Get("client_id"), q.Get("object_id"), q.Get("msi_res_id"))
		if id == nil {
			return refuse("invalid_request", "Identity not found")
		}
		if !c.knownResource(entry.Resource) {
			return refuse("invalid_resource", "AADSTS500011: The resource principal named "+entry.Resource+" was not found in the tenant named "+id.TenantID+".")
		}
		token, expires := c.mint(id, entry.Resource, f.Lifetime)
		life := strconv.FormatInt(int64(time.Until(expires).Round(time.Second)/time.Second), 10)
		body := map[string]any{
			"access_token":   token,
			"client_id":      id.ClientID,
			"expires_in":     life,
			"expires_on":     strconv.FormatInt(expires.Unix(), 10),
			"ext_expires_in": life,
			"not_before":     strconv.FormatInt(time.Now().Unix(), 10),
			"resource":       entry.Resource,
			"token_type":     "Bearer",
		}
		return answer{status: http.StatusOK, body: encode(body), name: id.Name}
	})
}

// imdsError is the endpoint's body for a status.
func imdsError(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return oauthError("too_many_requests", "Temporarily throttled, too many requests")
	case status >= http.StatusInternalServerError:
		return oauthError("unknown", "Failed to retrieve token from the Active directory. For details see logs in C:\\Packages\\Plugins\\Microsoft.ManagedIdentity\\<extension version>\\token_service.log")
	}
	return oauthError("invalid_request", http.StatusText(status))
}

func oauthError(code, description string) string {
	return encode(map[string]string{"error": code, "error_description": description})
}
