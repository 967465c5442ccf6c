package identity

import (
	"cmp"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
)

var (
	appService = HostInfo{Marker: Known("IDENTITY_ENDPOINT and IDENTITY_HEADER")}
	laptop     = HostInfo{Tools: Known([]passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzurePowerShell})}
	bare       = HostInfo{}

	clientID   = dsn.Identity{ClientID: connectortest.Client}
	withSecret = dsn.Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, ClientSecret: dsn.NewSecret("s3cret")}
	ambient    = []string{"AZURE_CLIENT_ID=" + connectortest.OtherClient, "AZURE_TENANT_ID=" + connectortest.Tenant, "AZURE_CLIENT_SECRET=ambient"}
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
		host     HostInfo
		variable string
		text     string
	}{
		{"password and client ID", "pw", clientID, nil, appService, "", "both a password and an identity"},
		{"password and client secret", "pw", withSecret, nil, appService, "", "both a password and an identity"},
		{"password and managed identity by method", "pw", asked(dsn.MethodManagedIdentity, dsn.Identity{}), nil, appService, "", "both"},
		{"password by method and client ID", "", asked(dsn.MethodPassword, clientID), nil, appService, "", "both"},
		{"password by method without one", "", asked(dsn.MethodPassword, dsn.Identity{}), nil, appService, "PASSWORD", "no password"},
		{"secret without tenant", "", dsn.Identity{ClientID: connectortest.Client, ClientSecret: dsn.NewSecret("x")}, nil, appService, "TENANTID", "no tenant"},
		{"secret without client ID", "", dsn.Identity{TenantID: connectortest.Tenant, ClientSecret: dsn.NewSecret("x")}, ambient, appService, "CLIENTID", "no client ID"},
		{"secret and certificate", "", dsn.Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, ClientSecret: dsn.NewSecret("x"), ClientCertificatePath: "/c"}, nil, bare, "CLIENTSECRET", "both a client secret"},
		{"service principal without credential", "", asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant}), ambient, bare, "CLIENTSECRET", "no secret and no certificate"},
		{"workload identity without file", "", asked(dsn.MethodWorkloadIdentity, clientID), nil, bare, "AZURE_FEDERATED_TOKEN_FILE", "not set"},
		{"workload identity without client ID", "", dsn.Identity{}, []string{"AZURE_FEDERATED_TOKEN_FILE=/f", "AZURE_TENANT_ID=x"}, bare, "CLIENTID", "client ID"},
		{"workload identity of another ID", "", dsn.Identity{ObjectID: connectortest.OtherClient}, connectortest.Pod, bare, "CLIENTID", "client ID"},
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
		{Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.Client}, "user-assigned managed identity (client ID " + connectortest.Client + ")"},
		{Identity{Kind: passwordless.UserAssigned, ObjectID: connectortest.OtherClient}, "user-assigned managed identity (object ID " + connectortest.OtherClient + ")"},
		{Identity{Kind: passwordless.UserAssigned, ResourceID: "/s/x"}, "user-assigned managed identity (resource ID /s/x)"},
		{Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, Secret: dsn.NewSecret("canary")}, "service principal (client ID " + connectortest.Client + ")"},
		{Identity{Kind: passwordless.AzureCLI}, "Azure CLI sign-in"},
		{Identity{Kind: passwordless.PasswordLogin, Secret: dsn.NewSecret("canary")}, "password"},
		{Identity{}, "unknown identity"},
	} {
		t.Run(row.want, func(t *testing.T) { assert.Equal(t, row.want, row.id.String()) })
	}
}

type chooseRow struct {
	name     string
	engine   dsn.Engine // default PostgreSQL
	user     string
	password string
	id       dsn.Identity
	env      []string
	host     HostInfo
	o        *passwordless.Options

	kind  passwordless.IdentityKind
	rule  string
	why   string
	want  Identity // only its identifiers, secret, files, probe and tools
	warns bool
}

var chooseRows = []chooseRow{
	{name: "1 own credential", o: &passwordless.Options{Credential: &connectortest.FixedCredential{}}, id: withSecret,
		kind: passwordless.CustomCredential, rule: ruleOption, why: "Options.Credential"},

	{name: "2 managed identity by method, none named", id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: appService,
		kind: passwordless.SystemAssigned, rule: ruleMethod, why: "asks for managed identity; the host has an identity endpoint"},
	{name: "2 managed identity by method, client ID", id: asked(dsn.MethodManagedIdentity, clientID), host: appService,
		kind: passwordless.UserAssigned, rule: ruleMethod, why: "asks for managed identity", want: Identity{ClientID: connectortest.Client}},
	{name: "2 managed identity by method in a pod is workload identity", id: asked(dsn.MethodManagedIdentity, clientID), env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleMethod, why: "in a pod", want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, TokenFile: "/var/token"}},
	{name: "2 service principal by method with secret", id: asked(dsn.MethodServicePrincipal, withSecret),
		kind: passwordless.ServicePrincipal, rule: ruleMethod, why: "service principal", want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "2 service principal by method with certificate of the connection",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, ClientCertificatePath: "/c.pem"}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: passwordless.ServicePrincipalCertificate, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, CertificatePath: "/c.pem"}},
	{name: "2 service principal by method with certificate of the variable",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem", "AZURE_CLIENT_CERTIFICATE_PASSWORD=pw"},
		kind: passwordless.ServicePrincipalCertificate, rule: ruleMethod, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, CertificatePath: "/ambient.pem"}},
	{name: "2 workload identity by method", id: asked(dsn.MethodWorkloadIdentity, dsn.Identity{}), env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleMethod, want: Identity{ClientID: connectortest.OtherClient, TenantID: connectortest.Tenant, TokenFile: "/var/token"}},
	{name: "2 Azure CLI by method", id: asked(dsn.MethodAzureCLI, clientID), host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: passwordless.AzureCLI, rule: ruleMethod, why: "asks for the Azure CLI"},
	{name: "2 azd by method", id: asked(dsn.MethodAzureDeveloperCLI, dsn.Identity{TenantID: connectortest.Tenant}),
		kind: passwordless.AzureDeveloperCLI, rule: ruleMethod, want: Identity{TenantID: connectortest.Tenant}},
	{name: "2 PowerShell by method", id: asked(dsn.MethodAzurePowerShell, dsn.Identity{}), o: &passwordless.Options{TenantID: connectortest.Tenant},
		kind: passwordless.AzurePowerShell, rule: ruleMethod, want: Identity{TenantID: connectortest.Tenant}},
	{name: "2 environment by method, secret", id: asked(dsn.MethodEnvironment, dsn.Identity{}), env: ambient,
		kind: passwordless.ServicePrincipal, rule: ruleMethod, want: Identity{ClientID: connectortest.OtherClient, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("ambient")}},
	{name: "2 environment by method, certificate", id: asked(dsn.MethodEnvironment, dsn.Identity{}),
		env:  []string{"AZURE_CLIENT_ID=" + connectortest.OtherClient, "AZURE_TENANT_ID=" + connectortest.Tenant, "AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: passwordless.ServicePrincipalCertificate, rule: ruleMethod, want: Identity{ClientID: connectortest.OtherClient, TenantID: connectortest.Tenant, CertificatePath: "/ambient.pem"}},
	{name: "2 interactive by method", id: asked(dsn.MethodInteractive, clientID),
		kind: passwordless.Interactive, rule: ruleMethod, want: Identity{ClientID: connectortest.Client}},
	{name: "2 device code by method", id: asked(dsn.MethodDeviceCode, dsn.Identity{}),
		kind: passwordless.DeviceCode, rule: ruleMethod},
	{name: "2 password by method", id: asked(dsn.MethodPassword, dsn.Identity{}), password: "pw", env: connectortest.Pod,
		kind: passwordless.PasswordLogin, rule: ruleMethod, want: Identity{Secret: dsn.NewSecret("pw")}},

	{name: "3 client secret", id: withSecret, env: connectortest.Pod, host: appService,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "3 default with client secret", id: asked(dsn.MethodDefault, withSecret), host: appService,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "3 client secret, tenant from Options", id: dsn.Identity{ClientID: connectortest.Client, ClientSecret: dsn.NewSecret("x")}, o: &passwordless.Options{TenantID: connectortest.Tenant},
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("x")}},
	{name: "3 SQL Server, default with GUID user and password", engine: dsn.SQLServer, user: connectortest.Client + "@" + connectortest.Tenant, password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: passwordless.ServicePrincipal, rule: ruleSecret,
		want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("x")}},
	{name: "2 SQL Server, managed identity with GUID user", engine: dsn.SQLServer, user: connectortest.Client, id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: appService,
		kind: passwordless.UserAssigned, rule: ruleMethod, want: Identity{ClientID: connectortest.Client}},
	{name: "3 SQL Server, name and password", engine: dsn.SQLServer, user: "sa", password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: passwordless.PasswordLogin, rule: rulePassword, want: Identity{Secret: dsn.NewSecret("x")}},
	{name: "3 password and no identity", user: "app", password: "pw", env: append(connectortest.Pod, ambient...), host: appService,
		kind: passwordless.PasswordLogin, rule: rulePassword, why: "password and no identity", want: Identity{Secret: dsn.NewSecret("pw")}},

	{name: "4 pod, client ID of the connection", id: clientID, env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleTokenFile, why: "AZURE_FEDERATED_TOKEN_FILE", want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, TokenFile: "/var/token"}},
	{name: "4 pod, AZURE_CLIENT_ID", env: connectortest.Pod, host: laptop,
		kind: passwordless.WorkloadIdentity, rule: ruleTokenFile, want: Identity{ClientID: connectortest.OtherClient, TenantID: connectortest.Tenant, TokenFile: "/var/token"}},

	{name: "5 client ID", id: clientID, host: appService,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ClientID: connectortest.Client}},
	{name: "5 object ID", id: dsn.Identity{ObjectID: connectortest.OtherClient}, host: appService,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ObjectID: connectortest.OtherClient}},
	{name: "5 resource ID", id: dsn.Identity{ResourceID: "/subscriptions/s/x"}, host: appService,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ResourceID: "/subscriptions/s/x"}},
	{name: "5 default means the rules", id: asked(dsn.MethodDefault, clientID), host: appService,
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ClientID: connectortest.Client}},

	{name: "6 system-assigned, never redirected by AZURE_CLIENT_ID", env: ambient, host: appService,
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "names no identity"},

	{name: "7 marker, no probe although tools are there", id: clientID, host: HostInfo{Marker: Known("MSI_ENDPOINT"), Tools: laptop.Tools},
		kind: passwordless.UserAssigned, rule: ruleID, want: Identity{ClientID: connectortest.Client}},
	{name: "7 neither marker nor tools: no probe", host: bare,
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "none of az, azd and PowerShell"},
	{name: "7 no marker but tools: probe", id: clientID, host: laptop,
		kind: passwordless.UserAssigned, rule: ruleID, why: "finds out", want: Identity{ClientID: connectortest.Client, Probe: true, Tools: laptop.Tools.Get()}},
	{name: "7 no marker but tools, by method: probe", id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: laptop,
		kind: passwordless.SystemAssigned, rule: ruleMethod, want: Identity{Probe: true, Tools: laptop.Tools.Get()}},
	{name: "7 asset tag: no probe although tools are there", id: clientID, host: HostInfo{AssetTag: Known(true), Tools: laptop.Tools},
		kind: passwordless.UserAssigned, rule: ruleID, why: "chassis asset tag", want: Identity{ClientID: connectortest.Client}},
	{name: "7 asset tag: the tools are for a machine without identity", host: HostInfo{AssetTag: Known(true), Tools: laptop.Tools},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "chassis asset tag", want: Identity{Tools: laptop.Tools.Get()}},
	{name: "7 asset tag without tools", host: HostInfo{AssetTag: Known(true)},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "chassis asset tag"},
	{name: "7 a marker before the asset tag", host: HostInfo{Marker: Known("MSI_ENDPOINT"), AssetTag: Known(true), Tools: laptop.Tools},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "MSI_ENDPOINT"},
	{name: "7 Options.ProbeIMDS before the asset tag", host: HostInfo{AssetTag: Known(true), Tools: laptop.Tools},
		o:    &passwordless.Options{ProbeIMDS: func(context.Context) bool { return false }},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "finds out", want: Identity{Probe: true, Tools: laptop.Tools.Get()}},
	{name: "7 dev in Azure", host: HostInfo{AssetTag: Known(true), Tools: laptop.Tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: passwordless.AzureCLI, rule: ruleDeveloper, want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 prod forbids the tools", id: clientID, host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: passwordless.UserAssigned, rule: ruleID, why: "AZURE_TOKEN_CREDENTIALS is prod", want: Identity{ClientID: connectortest.Client}},
	{name: "7 dev leaves only the tools", id: clientID, host: HostInfo{Marker: Known("x"), Tools: laptop.Tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: passwordless.AzureCLI, rule: ruleDeveloper, why: "AZURE_TOKEN_CREDENTIALS is dev", want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 dev in a pod", env: append([]string{"AZURE_TOKEN_CREDENTIALS=Dev"}, connectortest.Pod...), host: laptop,
		kind: passwordless.AzureCLI, rule: ruleDeveloper, want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 forced Azure CLI", id: clientID, host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=azureclicredential"},
		kind: passwordless.AzureCLI, rule: ruleDeveloper, warns: true},
	{name: "7 forced azd", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzureDeveloperCLICredential"},
		kind: passwordless.AzureDeveloperCLI, rule: ruleDeveloper, warns: true},
	{name: "7 forced PowerShell", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzurePowerShellCredential"},
		kind: passwordless.AzurePowerShell, rule: ruleDeveloper, warns: true},
	{name: "7 forced managed identity", id: clientID, host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential"}, connectortest.Pod...),
		kind: passwordless.UserAssigned, rule: ruleVariable, want: Identity{ClientID: connectortest.Client}},
	{name: "7 forced environment", host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=EnvironmentCredential"}, ambient...),
		kind: passwordless.ServicePrincipal, rule: ruleVariable, want: Identity{ClientID: connectortest.OtherClient, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("ambient")}},
	{name: "7 forced workload identity", id: clientID, env: append([]string{"AZURE_TOKEN_CREDENTIALS=WorkloadIdentityCredential"}, connectortest.Pod...), host: appService,
		kind: passwordless.WorkloadIdentity, rule: ruleVariable, want: Identity{ClientID: connectortest.Client, TokenFile: "/var/token"}},
	{name: "7 does not touch a service principal", id: withSecret, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"}, host: laptop,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret")}},
}
