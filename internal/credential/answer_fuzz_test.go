package credential

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// What a fuzz target asks for a token.
const (
	appService = iota
	metadataService
	entra
	entraFromDiscovery // whose discovery is not honest either
	issuers
)

// FuzzIdentityAnswer has who issues tokens say anything: a request ends in its time, after a few tries, with a token or
// with an error of one line that has no secret.
func FuzzIdentityAnswer(f *testing.F) {
	const secret, patience = "canary-canary-canary", 30 * time.Second
	f.Setenv("IDENTITY_HEADER", secret)
	for _, says := range []string{
		"", "null", "[]", "{}", `{"access_token":""}`, `{"access_token":"a.b.c","expires_on":"99999999999","resource":"x"}`,
		`{"access_token":"a","expires_in":3600,"token_type":"Bearer"}`, `{"access_token":"a","expires_on":-1,"refresh_in":"x"}`,
		`{"access_token":["a"],"expires_on":{}}`, `{"access_token":"a","expires_on":"1/1/2100 0:00:00 AM +00:00"}`, "\xef\xbb\xbf{}", "<html>\r\n" + secret,
		`{"statusCode":500,"message":"` + secret + `\r\n"}`, `{"error":"invalid_client","error_description":"AADSTS7000215: ` + secret + `\r\nTrace ID: 1","error_codes":[7000215]}`,
		`{"error":"invalid_request","error_description":"Identity not found"}`, strings.Repeat("[", 1<<10), `{"a":` + strings.Repeat("9", 1<<10) + "}",
	} {
		for issuer := range byte(issuers) {
			f.Add([]byte(says), uint16(200), "", issuer)
			f.Add([]byte(says), uint16(400), "", issuer)
			f.Add([]byte(says), uint16(429), "5", issuer)
		}
	}
	f.Fuzz(func(t *testing.T, says []byte, status uint16, retryAfter string, issuer byte) {
		endpoint, id := "", identity.Identity{Kind: passwordless.SystemAssigned}
		switch issuer %= issuers; issuer {
		case appService:
			endpoint = "http://127.0.0.1:9/token"
		case entra, entraFromDiscovery:
			id = identity.Identity{Kind: passwordless.ServicePrincipal, TenantID: connectortest.Tenant, ClientID: connectortest.Client, Secret: dsn.NewSecret(secret)}
		}
		t.Setenv("IDENTITY_ENDPOINT", endpoint)
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			o := &passwordless.Options{Transport: connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				if issuer == entra && strings.HasSuffix(r.URL.Path, "/openid-configuration") {
					return entraThat(0, "")(r)
				}
				asked++
				answer, err := connectortest.Respond(200+int(status)%400, string(says))(r)
				answer.Header.Set("Retry-After", retryAfter)
				return answer, err
			})}
			s, err := New(id, cloud.Cloud{Name: "AzureCloud", Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}, o)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began := time.Now()
			got, err := s.Fetch(ctx, true)
			assert.LessOrEqual(t, time.Since(began), patience)
			assert.LessOrEqual(t, asked, 10)
			if err != nil {
				connectortest.AssertClean(t, err, secret)
				assert.Less(t, len(err.Error()), 4<<10)
				return
			}
			assert.NotEmpty(t, got.Token)
			assert.False(t, got.ExpiresOn.IsZero())
		})
	})
}
