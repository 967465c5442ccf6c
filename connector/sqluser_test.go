package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const testResource = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"

func TestChooseFromSQLUser(t *testing.T) {
	for _, row := range []struct {
		name           string
		method         dsn.Method
		user, password string
		id             dsn.Identity
		env            []string
		kind           IdentityKind
		rule           string
		want           identity
		warns          bool
	}{
		{name: "managed identity, client or object ID", method: dsn.MethodManagedIdentity, user: testClient,
			kind: UserAssigned, rule: ruleMethod, want: identity{clientID: testClient, eitherID: true}},
		{name: "managed identity, the ID also in a key", method: dsn.MethodManagedIdentity, user: testClient, id: clientID,
			kind: UserAssigned, rule: ruleMethod, want: identity{clientID: testClient}},
		{name: "managed identity, the object ID also in a key", method: dsn.MethodManagedIdentity, user: testClient, id: dsn.Identity{ObjectID: testClient},
			kind: UserAssigned, rule: ruleMethod, want: identity{objectID: testClient}},
		{name: "managed identity, resource ID", method: dsn.MethodManagedIdentity, user: testResource,
			kind: UserAssigned, rule: ruleMethod, want: identity{resourceID: testResource}},
		{name: "managed identity, a name", method: dsn.MethodManagedIdentity, user: "app",
			kind: SystemAssigned, rule: ruleMethod, warns: true},
		{name: "managed identity in a pod", method: dsn.MethodManagedIdentity, user: testClient, env: pod,
			kind: WorkloadIdentity, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant}},
		{name: "managed identity, never AZURE_CLIENT_ID", method: dsn.MethodManagedIdentity, env: ambient,
			kind: SystemAssigned, rule: ruleMethod},
		{name: "default, client ID", method: dsn.MethodDefault, user: testClient,
			kind: UserAssigned, rule: ruleID, want: identity{clientID: testClient}},
		{name: "default, client ID and password", method: dsn.MethodDefault, user: testClient, password: "p",
			kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, secret: dsn.NewSecret("p")}},
		{name: "default, client ID, tenant and password", method: dsn.MethodDefault, user: testClient + "@contoso.com", password: "p",
			kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, tenantID: "contoso.com", secret: dsn.NewSecret("p")}},
		{name: "default, a name and a password", method: dsn.MethodDefault, user: "sa", password: "p",
			kind: PasswordLogin, rule: rulePassword, want: identity{secret: dsn.NewSecret("p")}},
		{name: "default, a name", method: dsn.MethodDefault, user: "app",
			kind: SystemAssigned, rule: ruleNoID, warns: true},
		{name: "no method, client ID", user: testClient,
			kind: UserAssigned, rule: ruleID, want: identity{clientID: testClient}},
		{name: "no method, client ID and password", user: testClient, password: "p",
			kind: PasswordLogin, rule: rulePassword, want: identity{secret: dsn.NewSecret("p")}},
		{name: "no method, a name", user: "app",
			kind: SystemAssigned, rule: ruleNoID, warns: true},
		{name: "workload identity, client ID", method: dsn.MethodWorkloadIdentity, user: testClient, env: pod,
			kind: WorkloadIdentity, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant}},
		{name: "Azure CLI, a name", method: dsn.MethodAzureCLI, user: "ann@contoso.com",
			kind: AzureCLI, rule: ruleMethod, warns: true},
		{name: "service principal without a tenant", method: dsn.MethodServicePrincipal, user: testClient, password: "p",
			kind: ServicePrincipal, rule: ruleMethod, want: identity{clientID: testClient, secret: dsn.NewSecret("p")}},
		{name: "service principal, AZURE_TENANT_ID", method: dsn.MethodServicePrincipal, user: testClient, password: "p", env: []string{"AZURE_TENANT_ID=" + testTenant},
			kind: ServicePrincipal, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("p")}},
		{name: "service principal twice, as Service Connector writes it for .NET", method: dsn.MethodServicePrincipal, user: testClient, password: "s3cret", id: withSecret,
			kind: ServicePrincipal, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("s3cret")}},
		{name: "service principal, only the password in the string", method: dsn.MethodServicePrincipal, password: "p", id: clientID,
			kind: ServicePrincipal, rule: ruleMethod, want: identity{clientID: testClient, secret: dsn.NewSecret("p")}},
		{name: "service principal with certificate, its password as the password", method: dsn.MethodServicePrincipal, user: testClient + "@" + testTenant, password: "p",
			id:   dsn.Identity{ClientCertificatePath: "/c.pfx"},
			kind: ServicePrincipalCertificate, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant, certificatePath: "/c.pfx", certificatePassword: dsn.NewSecret("p")}},
		{name: "password by method", method: dsn.MethodPassword, user: testClient, password: "p",
			kind: PasswordLogin, rule: ruleMethod, want: identity{secret: dsn.NewSecret("p")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.SQLServer, User: row.user, Password: dsn.NewSecret(row.password), Identity: asked(row.method, row.id)}
			got, err := choose(c, newVariables(row.env), appService, &Options{})
			require.NoError(t, err)
			assert.Equal(t, row.kind, got.kind)
			assert.Equal(t, row.rule, got.rule)
			assert.Equal(t, row.want.clientID, got.clientID, "client ID")
			assert.Equal(t, row.want.objectID, got.objectID, "object ID")
			assert.Equal(t, row.want.resourceID, got.resourceID, "resource ID")
			assert.Equal(t, row.want.tenantID, got.tenantID, "tenant ID")
			assert.Equal(t, row.want.eitherID, got.eitherID)
			assert.Equal(t, row.want.secret.Reveal(), got.secret.Reveal(), "secret")
			assert.Equal(t, row.want.certificatePath, got.certificatePath)
			assert.Equal(t, row.want.certificatePassword.Reveal(), got.certificatePassword.Reveal())
			assert.Equal(t, row.warns, len(got.warnings) > 0)
			assert.Equal(t, got.lacksTenant(), row.kind == ServicePrincipal && row.want.tenantID == "")
		})
	}
}

func TestChooseFromSQLUserErrors(t *testing.T) {
	for _, row := range []struct {
		name           string
		method         dsn.Method
		user, password string
		id             dsn.Identity
		variable, text string
	}{
		{"two client IDs", dsn.MethodServicePrincipal, testOther, "p", clientID, "CLIENTID", "has another value than the user name"},
		{"two client IDs of managed identities", dsn.MethodManagedIdentity, testOther, "", clientID, "CLIENTID", "has another value than the user name"},
		{"two tenants", dsn.MethodServicePrincipal, testClient + "@contoso.com", "p", dsn.Identity{TenantID: testTenant}, "TENANTID", "has another value than the tenant"},
		{"two secrets", dsn.MethodServicePrincipal, testClient, "canary", withSecret, "CLIENTSECRET", "has another value than the password"},
		{"two passwords of a certificate", dsn.MethodServicePrincipal, testClient, "canary",
			dsn.Identity{ClientCertificatePath: "/c", ClientCertificatePassword: dsn.NewSecret("x")}, "client_certificate_password", "has another value than the password"},
		{"managed identity and password", dsn.MethodManagedIdentity, testClient, "canary", dsn.Identity{}, "", "both a password and an identity"},
		{"service principal without a client ID", dsn.MethodServicePrincipal, "", "canary", dsn.Identity{}, "CLIENTID", "no client ID"},
		{"service principal without credential", dsn.MethodServicePrincipal, testClient, "", dsn.Identity{}, "CLIENTSECRET", "no secret and no certificate"},
		{"workload identity outside a pod", dsn.MethodWorkloadIdentity, testClient, "", dsn.Identity{}, "AZURE_FEDERATED_TOKEN_FILE", "not set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.SQLServer, User: row.user, Password: dsn.NewSecret(row.password), Identity: asked(row.method, row.id)}
			_, err := choose(c, variables{}, appService, &Options{})
			var setup *SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.ErrorContains(t, err, row.text)
			assertClean(t, err, "canary")
		})
	}
}

func TestOwnCredentialLeavesTheSQLUserAlone(t *testing.T) {
	c := dsn.Config{Engine: dsn.SQLServer, User: testOther, Identity: asked(dsn.MethodServicePrincipal, clientID)}
	id, err := choose(c, variables{}, bare, &Options{Credential: &fixedCredential{}})
	require.NoError(t, err)
	assert.Equal(t, OwnCredential, id.kind)
}
