package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/azclitest"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestIdentityErrorsSayWhatToDo(t *testing.T) {
	entra := func(code int) string {
		return fmt.Sprintf(`{"error":"invalid_client","error_description":"AADSTS%d: Something\r\nis wrong. Trace ID: 123 Correlation ID: 456","error_codes":[%d]}`, code, code)
	}
	secret := dsn.NewSecret("canary-s3cret")
	principal := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: secret}
	system, named := identity.Identity{Kind: passwordless.SystemAssigned}, identity.Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.Client}
	unused := system
	unused.UnusedClientID = true
	for _, row := range []struct {
		name   string
		id     identity.Identity
		status int
		body   string
		text   string
		hint   string
		anchor string
	}{
		{"secret ID for value", principal, 401, entra(7000215), "HTTP 401: AADSTS7000215: Something is wrong.", "not its ID", "service-principal"},
		{"expired secret", principal, 401, entra(7000222), "AADSTS7000222", "has expired", "service-principal"},
		{"unknown application", principal, 400, entra(700016), "AADSTS700016", "check CLIENTID and TENANTID", "service-principal"},
		{"unknown tenant", principal, 400, entra(90002), "AADSTS90002", "check TENANTID", "service-principal"},
		{"certificate", principal, 401, entra(700027), "AADSTS700027", "not registered", "service-principal"},
		{"no federation", principal, 401, entra(700213), "AADSTS700213", "no federated credential", "workload-identity"},
		{"wrong scope", principal, 400, entra(500011), "AADSTS500011", "Options.Scope", "cloud"},
		{"identity not on this machine", named, 400, `{"error":"invalid_request","error_description":"Identity not found"}`, "Identity not found", "assign the managed identity", "identity-not-found"},
		{"App Service's words", named, 400, `{"statusCode":400,"message":"No User Assigned Managed Identity found."}`, "No User Assigned", "assign the managed identity", "identity-not-found"},
		{"machine without identity", system, 400, `{"error":"invalid_request","error_description":"Identity not found"}`, "Identity not found", "turn on the host's system-assigned identity", "identity-not-found"},
		{"machine without identity, but AZURE_CLIENT_ID", unused, 400, `{"error":"invalid_request","error_description":"Identity not found"}`, "Identity not found", "AZURE_CLIENT_ID, which is ignored", "identity-not-found"},
		{"App Service without identity, but AZURE_CLIENT_ID", unused, 404, `{"message":"no default identity is assigned"}`, "no default identity", "AZURE_CLIENT_ID, which is ignored", "identity-not-found"},
		{"throttled", system, 429, `{"error":"too_many_requests","error_description":"Temporarily throttled, too many requests"}`, "Temporarily throttled", "throttling", "throttled"},
		{"echoed secret", principal, 400, `{"error":"x","error_description":"you sent canary-s3cret and eyJhbGciOiJub25l.eyJhIjoxfQ.c2ln"}`, "you sent *** and ***", "", ""},
		{"a page", principal, 502, "<html>canary-s3cret</html>", "HTTP 502: the response is not JSON", "a proxy or captive portal answers", "way-to-microsoft-entra"},
		{"nothing", principal, 400, "", "HTTP 400", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // azidentity's retries take no time
				cl := cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}
				s, err := New(row.id, cl, &passwordless.Options{Transport: entraThat(row.status, row.body)})
				require.NoError(t, err)
				_, err = s.Fetch(t.Context(), false)
				require.ErrorContains(t, err, row.text)
				connectortest.AssertClean(t, err, "canary", "Trace ID")
				assert.True(t, strings.HasPrefix(err.Error(), "passwordless: no token for "+row.id.String()), err)
				got := AdviceOf(err)
				assert.Contains(t, err.Error(), got.Hint)
				azclitest.Read(t).RequireCommands(t, got.Hint)
				assert.Contains(t, got.Hint, row.hint)
				assert.Equal(t, row.anchor, got.Anchor)
				if row.id.Kind != passwordless.SystemAssigned {
					cause, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
					require.True(t, ok)
					assert.Equal(t, row.status, cause.RawResponse.StatusCode)
				}
			})
		})
	}
}

// entraThat answers discovery as Microsoft Entra does, and token requests with
// status and body.
func entraThat(status int, body string) connectortest.TransportFunc {
	const document = `{"token_endpoint":"https://login.example.com/t/oauth2/v2.0/token","authorization_endpoint":"https://login.example.com/t/oauth2/v2.0/authorize","issuer":"https://login.example.com/` + connectortest.Tenant + `/v2.0"}`
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			return connectortest.Respond(http.StatusOK, document)(r)
		}
		return connectortest.Respond(status, body)(r)
	}
}

func TestIdentityErrorKeepsTheNetworksError(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		id   identity.Identity
		want bool
	}{
		{"refused by the identity endpoint", syscall.ECONNREFUSED, identity.Identity{Kind: passwordless.SystemAssigned}, true},
		{"refused by the authority", syscall.ECONNREFUSED, identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("x")}, true},
		{"another error", io.ErrUnexpectedEOF, identity.Identity{Kind: passwordless.SystemAssigned}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := New(row.id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"},
					&passwordless.Options{Transport: connectortest.TransportFunc(func(*http.Request) (*http.Response, error) { return nil, row.err })})
				require.NoError(t, err)
				_, err = s.Fetch(t.Context(), false)
				require.ErrorIs(t, err, row.err)
				assert.Equal(t, row.want, notReady(err))
			})
		})
	}
	assert.False(t, notReady(syscall.ECONNREFUSED), "not an identity's error")
}

func TestNotFoundFromTheAuthorityIsNotStartup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		id := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("x")}
		s, err := New(id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}, &passwordless.Options{Transport: entraThat(404, "{}")})
		require.NoError(t, err)
		_, err = s.Fetch(t.Context(), false)
		require.Error(t, err)
		assert.False(t, notReady(err))
	})
}

func TestConstructionErrors(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "")
	t.Setenv("MSI_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("MSI_SECRET", "")
	for _, row := range []struct {
		name string
		id   identity.Identity
		text string
	}{
		{"Cloud Shell with a client ID", identity.Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.Client}, "Cloud Shell"},
		{"odd tenant", identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: "a b", Secret: dsn.NewSecret("x")}, "tenantID"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := New(row.id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: connectortest.Authority}, &passwordless.Options{})
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			require.ErrorContains(t, err, row.text)
			connectortest.AssertClean(t, err)
		})
	}
}

func TestEndpointThatTalksNonsense(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AppService, Status: 200, Body: "<html>"})
	err := b.fails(b.source(dsn.Identity{ClientID: id.ClientID}))
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

// What is cut off must not leave the beginning of a secret behind.
func TestLongTextsAreScrubbedBeforeTheyAreCut(t *testing.T) {
	id := identity.Identity{Kind: passwordless.ServicePrincipal, Secret: dsn.NewSecret(strings.Repeat("canary", 8))}
	err := newIdentityError(t.Context(), id, errors.New(strings.Repeat("x", 380)+id.Secret.Reveal()), &lastResponse{})
	assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "canary")
}

func TestIsTemporary(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	answered := func(kind passwordless.IdentityKind, status int) error {
		return fmt.Errorf("token: %w", &identityError{identity: identity.Identity{Kind: kind}, status: status, hidden: errors.New("answer")})
	}
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"throttled":                   {answered(passwordless.SystemAssigned, 429), true},
		"issuer fails":                {answered(passwordless.ServicePrincipal, 503), true},
		"endpoint being updated":      {answered(passwordless.UserAssigned, 410), true},
		"endpoint not ready":          {answered(passwordless.SystemAssigned, 404), true},
		"authority has no such path":  {answered(passwordless.ServicePrincipal, 404), false},
		"no such identity":            {answered(passwordless.UserAssigned, 400), false},
		"wrong secret":                {answered(passwordless.ServicePrincipal, 401), false},
		"forbidden":                   {answered(passwordless.SystemAssigned, 403), false},
		"answer, then the time is up": {fmt.Errorf("%w: %w", context.DeadlineExceeded, answered(passwordless.ServicePrincipal, 400)), false},
		"no answer in time":           {fmt.Errorf("token: no answer within 30s: %w", context.DeadlineExceeded), true},
		"nothing listens":             {&identityError{causes: []error{refused}, hidden: errors.New("refused")}, true},
		"custom credential throttled": {&identityError{hidden: &azcore.ResponseError{StatusCode: 429}}, true},
		"custom credential refused":   {&identityError{hidden: &azcore.ResponseError{StatusCode: 401}}, false},
		"cancelled":                   {context.Canceled, false},
		"names no user":               {errors.New("the token names no user"), false},
		"developer not signed in":     {toolsError{answered(passwordless.SystemAssigned, 400), &identityError{hidden: errors.New("az login")}}, false},
	} {
		assert.Equal(t, row.want, IsTemporary(row.err), name)
	}
}
