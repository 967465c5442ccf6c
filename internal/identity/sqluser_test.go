package identity

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
)

const testResource = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"

// chooseFromSQLUserCases are the rows of TestChooseFromSQLUser.
var chooseFromSQLUserCases = []struct {
	name           string
	method         dsn.Method
	user, password string
	id             dsn.Identity
	env            []string
	kind           passwordless.IdentityKind
	rule           string
	want           Identity
	warns          bool
}{
	{name: "managed identity, client or object ID", method: dsn.MethodManagedIdentity, user: connectortest.Client,
		kind: passwordless.UserAssigned, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, EitherID: true}},
	{name: "managed identity, the ID also in a key", method: dsn.MethodManagedIdentity, user: connectortest.Client, id: clientID,
		kind: passwordless.UserAssigned, rule: ruleMethod, want: Identity{ClientID: connectortest.Client}},
	{name: "managed identity, the object ID also in a key", method: dsn.MethodManagedIdentity, user: connectortest.Client, id: dsn.Identity{ObjectID: connectortest.Client},
		kind: passwordless.UserAssigned, rule: ruleMethod, want: Identity{ObjectID: connectortest.Client}},
	{name: "managed identity, resource ID", method: dsn.MethodManagedIdentity, user: testResource,
		kind: passwordless.UserAssigned, rule: ruleMethod, want: Identity{ResourceID: testResource}},
	{name: "managed identity, a name", method: dsn.MethodManagedIdentity, user: "app",
		kind: passwordless.SystemAssigned, rule: ruleMethod, warns: true},
	{name: "managed identity in a pod", method: dsn.MethodManagedIdentity, user: connectortest.Client, env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant}},
	{name: "managed identity, never AZURE_CLIENT_ID", method: dsn.MethodManagedIdentity, env: ambient,
		kind: passwordless.SystemAssigned, rule: ruleMethod},
	{name: "default, client ID", method: dsn.MethodDefault, user: connectortest.Client,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ClientID: connectortest.Client}},
	{name: "default, client ID and password", method: dsn.MethodDefault, user: connectortest.Client, password: "p",
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, Secret: dsn.NewSecret("p")}},
	{name: "default, client ID, tenant and password", method: dsn.MethodDefault, user: connectortest.Client + "@contoso.com", password: "p",
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, TenantID: "contoso.com", Secret: dsn.NewSecret("p")}},
	{name: "default, a name and a password", method: dsn.MethodDefault, user: "sa", password: "p",
		kind: passwordless.PasswordLogin, rule: rulePassword, want: Identity{Secret: dsn.NewSecret("p")}},
	{name: "default, a name", method: dsn.MethodDefault, user: "app",
		kind: passwordless.SystemAssigned, rule: ruleNoID, warns: true},
	{name: "no method, client ID", user: connectortest.Client,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ClientID: connectortest.Client}},
	{name: "no method, client ID and password", user: connectortest.Client, password: "p",
		kind: passwordless.PasswordLogin, rule: rulePassword, want: Identity{Secret: dsn.NewSecret("p")}},
	{name: "no method, a name", user: "app",
		kind: passwordless.SystemAssigned, rule: ruleNoID, warns: true},
	{name: "workload identity, client ID", method: dsn.MethodWorkloadIdentity, user: connectortest.Client, env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant}},
	{name: "Azure CLI, a name", method: dsn.MethodAzureCLI, user: "ann@contoso.com",
		kind: passwordless.AzureCLI, rule: ruleMethod, warns: true},
	{name: "service principal without a tenant", method: dsn.MethodServicePrincipal, user: connectortest.Client, password: "p",
		kind: passwordless.ServicePrincipal, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, Secret: dsn.NewSecret("p")}},
	{name: "service principal, AZURE_TENANT_ID", method: dsn.MethodServicePrincipal, user: connectortest.Client, password: "p", env: []string{"AZURE_TENANT_ID=" + connectortest.Tenant},
		kind: passwordless.ServicePrincipal, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("p")}},
	{name: "service principal twice, as Service Connector writes it for .NET", method: dsn.MethodServicePrincipal, user: connectortest.Client, password: "s3cret", id: withSecret,
		kind: passwordless.ServicePrincipal, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "service principal, only the password in the string", method: dsn.MethodServicePrincipal, password: "p", id: clientID,
		kind: passwordless.ServicePrincipal, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, Secret: dsn.NewSecret("p")}},
	{name: "service principal with certificate, its password as the password", method: dsn.MethodServicePrincipal, user: connectortest.Client + "@" + connectortest.Tenant, password: "p",
		id:   dsn.Identity{ClientCertificatePath: "/c.pfx"},
		kind: passwordless.ServicePrincipalCertificate, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, CertificatePath: "/c.pfx", CertificatePassword: dsn.NewSecret("p")}},
	{name: "password by method", method: dsn.MethodPassword, user: connectortest.Client, password: "p",
		kind: passwordless.PasswordLogin, rule: ruleMethod, want: Identity{Secret: dsn.NewSecret("p")}},
}

func TestChooseFromSQLUser(t *testing.T) {
	for _, row := range chooseFromSQLUserCases {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.SQLServer, User: row.user, Password: dsn.NewSecret(row.password), Identity: asked(row.method, row.id)}
			got, err := Choose(c, environ.NewVars(row.env), appService, &passwordless.Options{})
			require.NoError(t, err)
			assert.Equal(t, row.kind, got.Kind)
			assert.Equal(t, row.rule, got.Rule)
			assert.Equal(t, row.want.ClientID, got.ClientID, "client ID")
			assert.Equal(t, row.want.ObjectID, got.ObjectID, "object ID")
			assert.Equal(t, row.want.ResourceID, got.ResourceID, "resource ID")
			assert.Equal(t, row.want.TenantID, got.TenantID, "tenant ID")
			assert.Equal(t, row.want.EitherID, got.EitherID)
			assert.Equal(t, row.want.Secret.Reveal(), got.Secret.Reveal(), "secret")
			assert.Equal(t, row.want.CertificatePath, got.CertificatePath)
			assert.Equal(t, row.want.CertificatePassword.Reveal(), got.CertificatePassword.Reveal())
			assert.Equal(t, row.warns, len(got.Warnings) > 0)
			assert.Equal(t, got.LacksTenant(), row.kind == passwordless.ServicePrincipal && row.want.TenantID == "")
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
		{"two client IDs", dsn.MethodServicePrincipal, connectortest.OtherClient, "p", clientID, "CLIENTID", "has another value than the user name"},
		{"two client IDs of managed identities", dsn.MethodManagedIdentity, connectortest.OtherClient, "", clientID, "CLIENTID", "has another value than the user name"},
		{"two tenants", dsn.MethodServicePrincipal, connectortest.Client + "@contoso.com", "p", dsn.Identity{TenantID: connectortest.Tenant}, "TENANTID", "has another value than the tenant"},
		{"two secrets", dsn.MethodServicePrincipal, connectortest.Client, "canary", withSecret, "CLIENTSECRET", "has another value than the password"},
		{"two passwords of a certificate", dsn.MethodServicePrincipal, connectortest.Client, "canary",
			dsn.Identity{ClientCertificatePath: "/c", ClientCertificatePassword: dsn.NewSecret("x")}, "client_certificate_password", "has another value than the password"},
		{"managed identity and password", dsn.MethodManagedIdentity, connectortest.Client, "canary", dsn.Identity{}, "", "both a password and an identity"},
		{"service principal without a client ID", dsn.MethodServicePrincipal, "", "canary", dsn.Identity{}, "CLIENTID", "no client ID"},
		{"service principal without credential", dsn.MethodServicePrincipal, connectortest.Client, "", dsn.Identity{}, "CLIENTSECRET", "no secret and no certificate"},
		{"workload identity outside a pod", dsn.MethodWorkloadIdentity, connectortest.Client, "", dsn.Identity{}, "AZURE_FEDERATED_TOKEN_FILE", "not set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.SQLServer, User: row.user, Password: dsn.NewSecret(row.password), Identity: asked(row.method, row.id)}
			_, err := Choose(c, environ.Vars{}, appService, &passwordless.Options{})
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.ErrorContains(t, err, row.text)
			connectortest.AssertClean(t, err, "canary")
		})
	}
}

func TestOwnCredentialLeavesTheSQLUserAlone(t *testing.T) {
	c := dsn.Config{Engine: dsn.SQLServer, User: connectortest.OtherClient, Identity: asked(dsn.MethodServicePrincipal, clientID)}
	id, err := Choose(c, environ.Vars{}, bare, &passwordless.Options{Credential: &connectortest.FixedCredential{}})
	require.NoError(t, err)
	assert.Equal(t, passwordless.CustomCredential, id.Kind)
}
