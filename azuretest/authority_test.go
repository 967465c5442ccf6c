package azuretest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// clientCertificate makes a self-signed certificate with an RSA key, as
// azidentity wants for applications.
func clientCertificate(t *testing.T, validUntil time.Time) (*x509.Certificate, crypto.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "app"},
		NotBefore:    time.Now().Add(-48 * time.Hour),
		NotAfter:     validUntil,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate, key
}

func withSecret(t *testing.T, c *azuretest.Cloud, id azuretest.Identity, discover bool) (azcore.AccessToken, error) {
	t.Helper()
	credential, err := azidentity.NewClientSecretCredential(id.TenantID, id.ClientID, id.Secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: clientOptions(c), DisableInstanceDiscovery: !discover,
	})
	return ask(t, credential, err)
}

func TestClientSecret(t *testing.T) {
	tests := map[string]struct{ discover bool }{"with instance discovery": {true}, "without": {false}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			id := cloud.AddServicePrincipal(azuretest.Identity{Name: "reports"})
			tok, err := withSecret(t, cloud, id, tt.discover)
			require.NoError(t, err)
			claims := verified(t, cloud, tok, id)
			assert.Equal(t, id.ClientID, claims.ClientID)
			assert.Equal(t, 1, cloud.TokenRequests(), "discovery is no token request")
		})
	}
}

func TestClientSecretOfAnotherTenant(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddServicePrincipal(azuretest.Identity{TenantID: "fabrikam.onmicrosoft.com"})
	tok, err := withSecret(t, cloud, id, false)
	require.NoError(t, err)
	verified(t, cloud, tok, id)
}

func TestAuthorityRefusals(t *testing.T) {
	tests := map[string]struct {
		change func(c *azuretest.Cloud, id *azuretest.Identity)
		want   string
	}{
		"wrong secret":        {func(_ *azuretest.Cloud, id *azuretest.Identity) { id.Secret = "canary" }, "AADSTS7000215"},
		"unknown application": {func(_ *azuretest.Cloud, id *azuretest.Identity) { id.ClientID = id.ObjectID }, "AADSTS700016"},
		"application of another tenant": {func(c *azuretest.Cloud, id *azuretest.Identity) {
			id.TenantID = c.AddServicePrincipal(azuretest.Identity{TenantID: "elsewhere"}).TenantID
		}, "AADSTS700016"},
		"unknown tenant":        {func(_ *azuretest.Cloud, id *azuretest.Identity) { id.TenantID = "nowhere" }, "AADSTS90002"},
		"application of a host": {func(c *azuretest.Cloud, id *azuretest.Identity) { *id = c.AddUserAssigned(*id) }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			id := cloud.AddServicePrincipal(azuretest.Identity{})
			secret := id.Secret
			tt.change(cloud, &id)
			_, err := withSecret(t, cloud, id, false)
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestTokenEndpointForm(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddServicePrincipal(azuretest.Identity{})
	const grant = "grant_type=client_credentials"
	app := "&client_id=" + id.ClientID + "&client_secret=" + id.Secret
	tests := map[string]struct {
		form   string
		status int
		want   string
	}{
		"no grant type":                {app, 400, "AADSTS70003"},
		"a scope without .default":     {grant + app + "&scope=" + azuretest.OSSRDBMSAudience, 400, "AADSTS1002012"},
		"nothing to prove itself with": {grant + "&client_id=" + id.ClientID + "&scope=" + scope, 401, "AADSTS7000216"},
		"an assertion that is no JWT": {grant + "&client_id=" + id.ClientID + "&scope=" + scope +
			"&client_assertion=x&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", 401, "AADSTS700027"},
		"the name of a server": {grant + app + "&scope=https://mydb.database.windows.net/.default", 400, "AADSTS500011"},
		"SQL's doubled slash":  {grant + app + "&scope=https://database.windows.net//.default", 200, "access_token"},
		"as MSAL sends it":     {grant + app + "&scope=" + scope + "+openid+offline_access+profile", 200, "access_token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, err := cloud.Transport().Post(cloud.AuthorityHost()+cloud.TenantID()+"/oauth2/v2.0/token",
				"application/x-www-form-urlencoded", strings.NewReader(tt.form))
			require.NoError(t, err)
			defer resp.Body.Close()
			var body map[string]any
			require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
			assert.Equal(t, tt.status, resp.StatusCode)
			if tt.status == http.StatusOK {
				assert.Contains(t, body, tt.want)
				return
			}
			assert.Contains(t, body["error_description"], tt.want)
			assert.Len(t, body["error_codes"], 1)
		})
	}
}

func TestDiscoveryRefusesStrangers(t *testing.T) {
	cloud := azuretest.New(t)
	status, body, err := get(t, cloud.Transport(), "https://login.microsoftonline.com/common/discovery/instance?authorization_endpoint=https://example.com/t/")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "invalid_instance")
	for _, own := range []string{"127.0.0.1", "localhost", strings.Replace(cloud.AuthorityHost(), "https://127.0.0.1", "localhost", 1)} {
		status, body, err = get(t, cloud.Transport(), "https://login.microsoftonline.com/common/discovery/instance?authorization_endpoint=https://"+strings.TrimSuffix(own, "/")+"/t/")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status, own)
		assert.Contains(t, body, cloud.AuthorityHost()+"t/v2.0/.well-known/openid-configuration")
	}
	status, body, err = get(t, cloud.Transport(), cloud.AuthorityHost()+cloud.TenantID()+"/discovery/v2.0/keys")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"kty":"RSA"`)
	assert.Zero(t, cloud.TokenRequests())
}

func TestClientCertificate(t *testing.T) {
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	certificate, key := clientCertificate(t, tomorrow)
	other, otherKey := clientCertificate(t, tomorrow)
	old, oldKey := clientCertificate(t, yesterday)
	tests := map[string]struct {
		registered, sent *x509.Certificate
		key              crypto.PrivateKey
		chain            bool
		want             string
	}{
		"thumbprint":              {certificate, certificate, key, false, ""},
		"x5c":                     {certificate, certificate, key, true, ""},
		"another certificate":     {certificate, other, otherKey, false, "AADSTS700027"},
		"another in x5c":          {certificate, other, otherKey, true, "AADSTS700027"},
		"an expired certificate":  {old, old, oldKey, false, "The key used is expired"},
		"no certificate is known": {nil, certificate, key, false, "AADSTS700027"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			id := cloud.AddServicePrincipal(azuretest.Identity{Certificate: tt.registered})
			credential, err := azidentity.NewClientCertificateCredential(id.TenantID, id.ClientID, []*x509.Certificate{tt.sent}, tt.key,
				&azidentity.ClientCertificateCredentialOptions{
					ClientOptions: clientOptions(cloud), DisableInstanceDiscovery: true, SendCertificateChain: tt.chain,
				})
			tok, err := ask(t, credential, err)
			if tt.want != "" {
				assert.ErrorContains(t, err, tt.want)
				return
			}
			require.NoError(t, err)
			verified(t, cloud, tok, id)
		})
	}
}

func TestWorkloadIdentity(t *testing.T) {
	workload := func(t *testing.T, cloud *azuretest.Cloud) (azcore.AccessToken, error) {
		t.Helper()
		credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: azcore.ClientOptions{Transport: cloud.Transport(), Retry: oneTry}, DisableInstanceDiscovery: true,
		})
		return ask(t, credential, err)
	}
	tests := map[string]struct {
		token func(t *testing.T, c *azuretest.Cloud, id azuretest.Identity) string // replaces the file's; if nil, the file's
		want  string
	}{
		"as the webhook leaves it": {nil, ""},
		"expired": {func(t *testing.T, c *azuretest.Cloud, id azuretest.Identity) string {
			token, err := c.FederatedToken(id, -time.Minute)
			require.NoError(t, err)
			return token
		}, "AADSTS700024"},
		"another workload's": {func(t *testing.T, c *azuretest.Cloud, _ azuretest.Identity) string {
			token, err := c.FederatedToken(c.AddUserAssigned(azuretest.Identity{}), time.Hour)
			require.NoError(t, err)
			return token
		}, "AADSTS700213"},
		"another cluster's": {func(t *testing.T, _ *azuretest.Cloud, id azuretest.Identity) string {
			stranger := azuretest.New(t)
			token, err := stranger.FederatedToken(stranger.AddUserAssigned(id), time.Hour)
			require.NoError(t, err)
			return token
		}, "AADSTS700027"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			id := cloud.AddUserAssigned(azuretest.Identity{Name: "pod"})
			environ, err := cloud.WorkloadEnviron(t.TempDir(), id)
			require.NoError(t, err)
			azuretest.Setenv(t, environ...)
			if tt.token != nil {
				require.NoError(t, os.WriteFile(os.Getenv("AZURE_FEDERATED_TOKEN_FILE"), []byte(tt.token(t, cloud, id)), 0o600))
			}
			tok, err := workload(t, cloud)
			if tt.want != "" {
				assert.ErrorContains(t, err, tt.want)
				return
			}
			require.NoError(t, err)
			verified(t, cloud, tok, id)
		})
	}
}

func TestWorkloadIdentityMustBeRegistered(t *testing.T) {
	cloud := azuretest.New(t)
	_, err := cloud.WorkloadEnviron(t.TempDir(), azuretest.Identity{ClientID: "x"})
	assert.ErrorContains(t, err, "registered")
}
