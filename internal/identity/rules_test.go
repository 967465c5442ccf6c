package identity

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
)

var (
	appService = Host{Marker: "IDENTITY_ENDPOINT and IDENTITY_HEADER"}
	laptop     = Host{Tools: []passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzurePowerShell}}
	bare       = Host{}

	clientID   = dsn.Identity{ClientID: connectortest.TestClient}
	withSecret = dsn.Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, ClientSecret: dsn.NewSecret("s3cret")}
	ambient    = []string{"AZURE_CLIENT_ID=" + connectortest.TestOther, "AZURE_TENANT_ID=" + connectortest.TestTenant, "AZURE_CLIENT_SECRET=ambient"}
)

// asked returns the identity that asks for a method by method.
func asked(m dsn.Method, id dsn.Identity) dsn.Identity {
	id.Method = m
	return id
}

func TestChoose(t *testing.T) {
	for _, row := range chooseRows {
		t.Run(row.name, func(t *testing.T) {
			engine := row.engine
			if engine == 0 {
				engine = dsn.PostgreSQL
			}
			c := dsn.Config{Engine: engine, User: row.user, Password: dsn.NewSecret(row.password), Identity: row.id}
			got, err := Choose(c, environ.NewVars(row.env), row.host, cmp.Or(row.o, &passwordless.Options{}))
			require.NoError(t, err)
			assert.Equal(t, row.kind, got.Kind)
			assert.Equal(t, row.rule, got.Rule)
			assert.Contains(t, got.Why, row.why)
			assert.Equal(t, row.want.ClientID, got.ClientID, "client ID")
			assert.Equal(t, row.want.ObjectID, got.ObjectID, "object ID")
			assert.Equal(t, row.want.ResourceID, got.ResourceID, "resource ID")
			if row.want.TenantID != "" {
				assert.Equal(t, row.want.TenantID, got.TenantID, "tenant ID")
			}
			assert.Equal(t, row.want.Secret.Reveal(), got.Secret.Reveal(), "secret")
			assert.Equal(t, row.want.CertificatePath, got.CertificatePath)
			assert.Equal(t, row.want.TokenFile, got.TokenFile)
			assert.Equal(t, row.want.Probe, got.Probe)
			assert.Equal(t, row.want.Tools, got.Tools)
			assert.Equal(t, row.warns, len(got.Warnings) > 0)
		})
	}
}

func TestChooseErrors(t *testing.T) {
	for _, row := range []struct {
		name     string
		password string
		id       dsn.Identity
		env      []string
		host     Host
		variable string
		text     string
	}{
		{"password and client ID", "pw", clientID, nil, appService, "", "both a password and an identity"},
		{"password and client secret", "pw", withSecret, nil, appService, "", "both a password and an identity"},
		{"password and managed identity by method", "pw", asked(dsn.MethodManagedIdentity, dsn.Identity{}), nil, appService, "", "both"},
		{"password by method and client ID", "", asked(dsn.MethodPassword, clientID), nil, appService, "", "both"},
		{"password by method without one", "", asked(dsn.MethodPassword, dsn.Identity{}), nil, appService, "PASSWORD", "no password"},
		{"secret without tenant", "", dsn.Identity{ClientID: connectortest.TestClient, ClientSecret: dsn.NewSecret("x")}, nil, appService, "TENANTID", "no tenant"},
		{"secret without client ID", "", dsn.Identity{TenantID: connectortest.TestTenant, ClientSecret: dsn.NewSecret("x")}, ambient, appService, "CLIENTID", "no client ID"},
		{"secret and certificate", "", dsn.Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, ClientSecret: dsn.NewSecret("x"), ClientCertificatePath: "/c"}, nil, bare, "CLIENTSECRET", "both a client secret"},
		{"service principal without credential", "", asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant}), ambient, bare, "CLIENTSECRET", "no secret and no certificate"},
		{"workload identity without file", "", asked(dsn.MethodWorkloadIdentity, clientID), nil, bare, "AZURE_FEDERATED_TOKEN_FILE", "not set"},
		{"workload identity without client ID", "", dsn.Identity{}, []string{"AZURE_FEDERATED_TOKEN_FILE=/f", "AZURE_TENANT_ID=x"}, bare, "CLIENTID", "client ID"},
		{"workload identity of another ID", "", dsn.Identity{ObjectID: connectortest.TestOther}, connectortest.Pod, bare, "CLIENTID", "client ID"},
		{"workload identity without tenant", "", clientID, []string{"AZURE_FEDERATED_TOKEN_FILE=/f"}, bare, "AZURE_TENANT_ID", "not set"},
		{"environment without client ID", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_TENANT_ID=x"}, bare, "AZURE_CLIENT_ID", "not set"},
		{"environment without tenant", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_CLIENT_ID=x"}, bare, "AZURE_TENANT_ID", "not set"},
		{"environment without credential", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_CLIENT_ID=x", "AZURE_TENANT_ID=x"}, bare, "AZURE_CLIENT_SECRET", "not set"},
		{"unknown directive", "", clientID, []string{"AZURE_TOKEN_CREDENTIALS=staging"}, appService, "AZURE_TOKEN_CREDENTIALS", "want one of prod, dev, EnvironmentCredential"},
		{"dev without tools", "", clientID, []string{"AZURE_TOKEN_CREDENTIALS=dev"}, appService, "AZURE_TOKEN_CREDENTIALS", "on PATH"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.PostgreSQL, Password: dsn.NewSecret(row.password), Identity: row.id}
			_, err := Choose(c, environ.NewVars(row.env), row.host, &passwordless.Options{})
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.ErrorContains(t, err, row.text)
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "staging")
		})
	}
}

func TestIdentityString(t *testing.T) {
	for _, row := range []struct {
		id   Identity
		want string
	}{
		{Identity{Kind: passwordless.SystemAssigned}, "system-assigned managed identity"},
		{Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.TestClient}, "user-assigned managed identity (client ID " + connectortest.TestClient + ")"},
		{Identity{Kind: passwordless.UserAssigned, ObjectID: connectortest.TestOther}, "user-assigned managed identity (object ID " + connectortest.TestOther + ")"},
		{Identity{Kind: passwordless.UserAssigned, ResourceID: "/s/x"}, "user-assigned managed identity (resource ID /s/x)"},
		{Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.TestClient, Secret: dsn.NewSecret("canary")}, "service principal (client ID " + connectortest.TestClient + ")"},
		{Identity{Kind: passwordless.AzureCLI}, "Azure CLI sign-in"},
		{Identity{Kind: passwordless.PasswordLogin, Secret: dsn.NewSecret("canary")}, "password"},
		{Identity{}, "unknown identity"},
	} {
		t.Run(row.want, func(t *testing.T) { assert.Equal(t, row.want, row.id.String()) })
	}
}
