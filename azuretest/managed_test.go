package azuretest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// managedIdentity asks the real credential; the endpoint is App Service's if
// the environment says so, else IMDS.
func managedIdentity(t *testing.T, c *azuretest.Cloud, id azidentity.ManagedIDKind) (string, time.Time, error) {
	t.Helper()
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: clientOptions(c),
		ID:            id,
	})
	tok, err := ask(t, credential, err)
	return tok.Token, tok.RefreshOn, err
}

// hosts are the two kinds of host with managed identities.
var hosts = map[string]func(*testing.T, *azuretest.Cloud) azuretest.Endpoint{
	"App Service": func(t *testing.T, c *azuretest.Cloud) azuretest.Endpoint {
		azuretest.Setenv(t, c.AppServiceEnviron()...)
		return azuretest.AppService
	},
	"IMDS": func(t *testing.T, _ *azuretest.Cloud) azuretest.Endpoint {
		azuretest.Setenv(t, "IDENTITY_ENDPOINT=", "IDENTITY_HEADER=", "MSI_ENDPOINT=", "IMDS_ENDPOINT=")
		return azuretest.IMDS
	},
}

func TestManagedIdentity(t *testing.T) {
	for host, enter := range hosts {
		t.Run(host, func(t *testing.T) {
			cloud := azuretest.New(t)
			door := enter(t, cloud)
			system := cloud.AddSystemAssigned(azuretest.Identity{Name: "web"})
			byClient := cloud.AddUserAssigned(azuretest.Identity{})
			byObject := cloud.AddUserAssigned(azuretest.Identity{})
			byResource := cloud.AddUserAssigned(azuretest.Identity{})
			tests := map[string]struct {
				id   azidentity.ManagedIDKind
				want azuretest.Identity
				life time.Duration
			}{
				"system-assigned": {nil, system, 4 * time.Minute},
				"client id":       {azidentity.ClientID(strings.ToUpper(byClient.ClientID)), byClient, time.Hour},
				"object id":       {azidentity.ObjectID(byObject.ObjectID), byObject, time.Hour},
				"resource id":     {azidentity.ResourceID(byResource.ResourceID), byResource, time.Hour},
			}
			for name, tt := range tests {
				t.Run(name, func(t *testing.T) {
					before := cloud.TokenRequests()
					credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
						ClientOptions: clientOptions(cloud), ID: tt.id,
					})
					tok, err := ask(t, credential, err)
					require.NoError(t, err)
					claims := verified(t, cloud, tok, tt.want)
					assert.Equal(t, tt.want.ClientID, claims.ClientID)
					assert.Equal(t, "app", payload(t, tok.Token)["idtyp"])
					assert.Equal(t, tt.life, claims.Expires.Sub(issuedAt(t, tok.Token)))
					assert.Equal(t, before+1, cloud.TokenRequests())
					log := cloud.Requests()
					last := log[len(log)-1]
					assert.Equal(t, door, last.Endpoint)
					assert.Equal(t, http.StatusOK, last.Status)
					assert.Equal(t, tt.want.Name, last.Name)
					assert.Equal(t, azuretest.OSSRDBMSAudience, last.Resource)
				})
			}
		})
	}
}

func TestManagedIdentityRefusals(t *testing.T) {
	messages := map[string]struct{ noSystem, unknown string }{
		"App Service": {"Unable to load the proper Managed Identity", "No User Assigned or Delegated Managed Identity found"},
		"IMDS":        {"Identity not found", "isn't assigned to this resource"},
	}
	for host, enter := range hosts {
		t.Run(host, func(t *testing.T) {
			cloud := azuretest.New(t)
			enter(t, cloud)
			cloud.AddUserAssigned(azuretest.Identity{})
			principal := cloud.AddServicePrincipal(azuretest.Identity{})
			_, _, err := managedIdentity(t, cloud, nil)
			assert.ErrorContains(t, err, messages[host].noSystem)
			_, _, err = managedIdentity(t, cloud, azidentity.ClientID("11111111-2222-3333-4444-555555555555"))
			assert.ErrorContains(t, err, messages[host].unknown)
			_, _, err = managedIdentity(t, cloud, azidentity.ClientID(principal.ClientID))
			assert.ErrorContains(t, err, messages[host].unknown, "a service principal is not assigned to the host")
			for _, r := range cloud.Requests() {
				assert.Equal(t, http.StatusBadRequest, r.Status)
				assert.Empty(t, r.Name)
			}
			assert.Equal(t, 3, cloud.TokenRequests())
		})
	}
}

func TestIdentityEndpointChecks(t *testing.T) {
	cloud := azuretest.New(t)
	cloud.AddSystemAssigned(azuretest.Identity{})
	_, secret, _ := strings.Cut(cloud.AppServiceEnviron()[1], "=")
	const good = "?api-version=2019-08-01&resource=" + azuretest.OSSRDBMSAudience
	const imds = "http://169.254.169.254/metadata/identity/oauth2/token"
	tests := map[string]struct {
		url, header, value string
		status             int
		body               string
		token              bool
	}{
		"App Service without its header":    {endpoint(cloud) + good, "", "", 401, "X-IDENTITY-HEADER", true},
		"App Service with a wrong header":   {endpoint(cloud) + good, "X-IDENTITY-HEADER", "wrong", 401, "X-IDENTITY-HEADER", true},
		"App Service with an old version":   {endpoint(cloud) + "?api-version=2017-09-01&resource=" + azuretest.OSSRDBMSAudience, "X-IDENTITY-HEADER", secret, 400, "api-version", true},
		"App Service for a server's name":   {endpoint(cloud) + "?api-version=2019-08-01&resource=https://mydb.database.windows.net", "X-IDENTITY-HEADER", secret, 400, "AADSTS500011", true},
		"App Service as it should be asked": {endpoint(cloud) + good, "X-IDENTITY-HEADER", secret, 200, "access_token", true},
		"IMDS probe":                        {imds, "", "", 400, `"error_description":"Required metadata header not specified"`, false},
		"IMDS without a version":            {imds + "?resource=" + azuretest.OSSRDBMSAudience, "Metadata", "true", 400, "api-version", true},
		"IMDS without a resource":           {imds + "?api-version=2018-02-01", "Metadata", "true", 400, "resource", true},
		"IMDS for a server's name":          {imds + "?api-version=2018-02-01&resource=https://mydb.database.windows.net", "Metadata", "true", 400, "AADSTS500011", true},
		"IMDS as it should be asked":        {imds + "?api-version=2018-02-01&resource=" + azuretest.SQLAudience, "Metadata", "true", 200, "access_token", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := cloud.TokenRequests()
			var header []string
			if tt.header != "" {
				header = []string{tt.header, tt.value}
			}
			status, body, err := get(t, cloud.Transport(), tt.url, header...)
			require.NoError(t, err)
			assert.Equal(t, tt.status, status)
			assert.Contains(t, body, tt.body)
			if tt.token {
				before++
			}
			assert.Equal(t, before, cloud.TokenRequests())
		})
	}
}

func TestLongLifeAndReplacement(t *testing.T) {
	cloud := azuretest.New(t)
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "old", TokenLifetime: 24 * time.Hour})
	tok, _, err := managedIdentity(t, cloud, azidentity.ClientID(id.ClientID))
	require.NoError(t, err)
	id.Name = "new"
	cloud.AddUserAssigned(id)
	claims, err := cloud.Verify(tok, azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	assert.Equal(t, []string{"new"}, claims.Names)
	assert.Equal(t, 24*time.Hour, claims.Expires.Sub(issuedAt(t, tok)))
}
