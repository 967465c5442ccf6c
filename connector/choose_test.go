package connector

import (
	"cmp"
	"context"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const (
	testClient = "11111111-1111-1111-1111-111111111111"
	testOther  = "22222222-2222-2222-2222-222222222222"
	testTenant = "33333333-3333-3333-3333-333333333333"
)

// fixedCredential is a credential of the caller's own.
type fixedCredential struct{ token string }

func (c *fixedCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: c.token}, nil
}

var (
	appService = hostFacts{marker: "IDENTITY_ENDPOINT and IDENTITY_HEADER"}
	laptop     = hostFacts{tools: []IdentityKind{AzureCLI, AzurePowerShell}}
	bare       = hostFacts{}

	clientID   = dsn.Identity{ClientID: testClient}
	withSecret = dsn.Identity{ClientID: testClient, TenantID: testTenant, ClientSecret: dsn.NewSecret("s3cret")}
	pod        = []string{"AZURE_FEDERATED_TOKEN_FILE=/var/token", "AZURE_CLIENT_ID=" + testOther, "AZURE_TENANT_ID=" + testTenant}
	ambient    = []string{"AZURE_CLIENT_ID=" + testOther, "AZURE_TENANT_ID=" + testTenant, "AZURE_CLIENT_SECRET=ambient"}
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
			got, err := choose(c, newVariables(row.env), row.host, cmp.Or(row.o, &Options{}))
			require.NoError(t, err)
			assert.Equal(t, row.kind, got.kind)
			assert.Equal(t, row.rule, got.rule)
			assert.Contains(t, got.why, row.why)
			assert.Equal(t, row.want.clientID, got.clientID, "client ID")
			assert.Equal(t, row.want.objectID, got.objectID, "object ID")
			assert.Equal(t, row.want.resourceID, got.resourceID, "resource ID")
			if row.want.tenantID != "" {
				assert.Equal(t, row.want.tenantID, got.tenantID, "tenant ID")
			}
			assert.Equal(t, row.want.secret.Reveal(), got.secret.Reveal(), "secret")
			assert.Equal(t, row.want.certificatePath, got.certificatePath)
			assert.Equal(t, row.want.tokenFile, got.tokenFile)
			assert.Equal(t, row.want.probe, got.probe)
			assert.Equal(t, row.want.tools, got.tools)
			assert.Equal(t, row.warns, len(got.warnings) > 0)
		})
	}
}

func TestChooseErrors(t *testing.T) {
	for _, row := range []struct {
		name     string
		password string
		id       dsn.Identity
		env      []string
		host     hostFacts
		variable string
		text     string
	}{
		{"password and client ID", "pw", clientID, nil, appService, "", "both a password and an identity"},
		{"password and client secret", "pw", withSecret, nil, appService, "", "both a password and an identity"},
		{"password and managed identity by method", "pw", asked(dsn.MethodManagedIdentity, dsn.Identity{}), nil, appService, "", "both"},
		{"password by method and client ID", "", asked(dsn.MethodPassword, clientID), nil, appService, "", "both"},
		{"password by method without one", "", asked(dsn.MethodPassword, dsn.Identity{}), nil, appService, "PASSWORD", "no password"},
		{"secret without tenant", "", dsn.Identity{ClientID: testClient, ClientSecret: dsn.NewSecret("x")}, nil, appService, "TENANTID", "no tenant"},
		{"secret without client ID", "", dsn.Identity{TenantID: testTenant, ClientSecret: dsn.NewSecret("x")}, ambient, appService, "CLIENTID", "no client ID"},
		{"secret and certificate", "", dsn.Identity{ClientID: testClient, TenantID: testTenant, ClientSecret: dsn.NewSecret("x"), ClientCertificatePath: "/c"}, nil, bare, "CLIENTSECRET", "both a client secret"},
		{"service principal without credential", "", asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: testClient, TenantID: testTenant}), ambient, bare, "CLIENTSECRET", "no secret and no certificate"},
		{"workload identity without file", "", asked(dsn.MethodWorkloadIdentity, clientID), nil, bare, "AZURE_FEDERATED_TOKEN_FILE", "not set"},
		{"workload identity without client ID", "", dsn.Identity{}, []string{"AZURE_FEDERATED_TOKEN_FILE=/f", "AZURE_TENANT_ID=x"}, bare, "CLIENTID", "client ID"},
		{"workload identity of another ID", "", dsn.Identity{ObjectID: testOther}, pod, bare, "CLIENTID", "client ID"},
		{"workload identity without tenant", "", clientID, []string{"AZURE_FEDERATED_TOKEN_FILE=/f"}, bare, "AZURE_TENANT_ID", "not set"},
		{"environment without client ID", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_TENANT_ID=x"}, bare, "AZURE_CLIENT_ID", "not set"},
		{"environment without tenant", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_CLIENT_ID=x"}, bare, "AZURE_TENANT_ID", "not set"},
		{"environment without credential", "", asked(dsn.MethodEnvironment, clientID), []string{"AZURE_CLIENT_ID=x", "AZURE_TENANT_ID=x"}, bare, "AZURE_CLIENT_SECRET", "not set"},
		{"unknown directive", "", clientID, []string{"AZURE_TOKEN_CREDENTIALS=staging"}, appService, "AZURE_TOKEN_CREDENTIALS", "want one of prod, dev, EnvironmentCredential"},
		{"dev without tools", "", clientID, []string{"AZURE_TOKEN_CREDENTIALS=dev"}, appService, "AZURE_TOKEN_CREDENTIALS", "on PATH"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dsn.Config{Engine: dsn.PostgreSQL, Password: dsn.NewSecret(row.password), Identity: row.id}
			_, err := choose(c, newVariables(row.env), row.host, &Options{})
			var setup *SetupError
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
		id   identity
		want string
	}{
		{identity{kind: SystemAssigned}, "system-assigned managed identity"},
		{identity{kind: UserAssigned, clientID: testClient}, "user-assigned managed identity (client ID " + testClient + ")"},
		{identity{kind: UserAssigned, objectID: testOther}, "user-assigned managed identity (object ID " + testOther + ")"},
		{identity{kind: UserAssigned, resourceID: "/s/x"}, "user-assigned managed identity (resource ID /s/x)"},
		{identity{kind: ServicePrincipal, clientID: testClient, secret: dsn.NewSecret("canary")}, "service principal (client ID " + testClient + ")"},
		{identity{kind: AzureCLI}, "Azure CLI sign-in"},
		{identity{kind: PasswordLogin, secret: dsn.NewSecret("canary")}, "password"},
		{identity{}, "unknown identity"},
	} {
		t.Run(row.want, func(t *testing.T) { assert.Equal(t, row.want, row.id.String()) })
	}
}
