package azuretest

import (
	"cmp"
	"crypto/subtle"
	"net/http"
	"strconv"
)

const (
	appServicePath       = "/msi/token"
	appServiceAPIVersion = "2019-08-01"
)

// AppServiceEnviron returns the variables that App Service, Functions and
// Container Apps set for an app with a managed identity: IDENTITY_ENDPOINT and
// IDENTITY_HEADER. The SDK reads them from the process's environment.
func (c *Cloud) AppServiceEnviron() []string {
	return []string{
		"IDENTITY_ENDPOINT=http://" + c.identity.addr + appServicePath,
		"IDENTITY_HEADER=" + c.identityHeader,
	}
}

// StopIdentityEndpoint closes the App Service endpoint and IMDS: connections are
// refused, as in the first seconds of a container, until restart opens them again at
// the same address. That fails if another process has taken the port in between.
func (c *Cloud) StopIdentityEndpoint() (restart func() error, err error) {
	return c.identity.start, c.identity.stop()
}

// serveAppService answers as documented in
// https://learn.microsoft.com/azure/app-service/overview-managed-identity (REST endpoint reference).
func (c *Cloud) serveAppService(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	entry := Request{
		Endpoint: AppService,
		Token:    true,
		Resource: q.Get("resource"),
		Identity: cmp.Or(q.Get("client_id"), q.Get("object_id"), q.Get("principal_id"), q.Get("mi_res_id")),
	}
	c.exchange(w, r, entry, appServiceError, func(f Fault) answer {
		refuse := func(status int, message string) answer {
			return answer{status: status, body: appServiceMessage(status, message)}
		}
		header := r.Header.Get("X-IDENTITY-HEADER")
		switch {
		case subtle.ConstantTimeCompare([]byte(header), []byte(c.identityHeader)) != 1:
			return refuse(http.StatusUnauthorized, "The X-IDENTITY-HEADER header is missing or wrong.")
		case q.Get("api-version") != appServiceAPIVersion:
			return refuse(http.StatusBadRequest, "Invalid api-version.")
		case !c.knownResource(entry.Resource):
			return refuse(http.StatusBadRequest, "AADSTS500011: The resource principal named "+entry.Resource+" was not found in the tenant.")
		}
		id := c.managed(q.Get("client_id"), cmp.Or(q.Get("object_id"), q.Get("principal_id")), q.Get("mi_res_id"))
		if id == nil && entry.Identity == "" {
			return refuse(http.StatusBadRequest, "Unable to load the proper Managed Identity.")
		}
		if id == nil {
			return refuse(http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
		}
		token, expires := c.mint(id, entry.Resource, f.Lifetime)
		body := map[string]any{
			"access_token": token,
			"client_id":    id.ClientID,
			"expires_on":   strconv.FormatInt(expires.Unix(), 10),
			"resource":     entry.Resource,
			"token_type":   "Bearer",
		}
		return answer{status: http.StatusOK, body: encode(body), name: id.Name}
	})
}

// appServiceError is the endpoint's body for a status.
func appServiceError(status int) string {
	return appServiceMessage(status, http.StatusText(status))
}

func appServiceMessage(status int, message string) string {
	return encode(map[string]any{"statusCode": status, "message": message, "correlationId": newGUID()})
}
