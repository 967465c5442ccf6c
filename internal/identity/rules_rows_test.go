package identity

import (
	"context"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

type chooseRow struct {
	name     string
	engine   dsn.Engine // default PostgreSQL
	user     string
	password string
	id       dsn.Identity
	env      []string
	host     Host
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
		kind: passwordless.SystemAssigned, rule: RuleMethod, why: "asks for managed identity; the host has an identity endpoint"},
	{name: "2 managed identity by method, client ID", id: asked(dsn.MethodManagedIdentity, clientID), host: appService,
		kind: passwordless.UserAssigned, rule: RuleMethod, why: "asks for managed identity", want: Identity{ClientID: connectortest.TestClient}},
	{name: "2 managed identity by method in a pod is workload identity", id: asked(dsn.MethodManagedIdentity, clientID), env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: RuleMethod, why: "in a pod", want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, TokenFile: "/var/token"}},
	{name: "2 service principal by method with secret", id: asked(dsn.MethodServicePrincipal, withSecret),
		kind: passwordless.ServicePrincipal, rule: RuleMethod, why: "service principal", want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "2 service principal by method with certificate of the connection",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, ClientCertificatePath: "/c.pem"}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: passwordless.ServicePrincipalCertificate, rule: RuleMethod, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, CertificatePath: "/c.pem"}},
	{name: "2 service principal by method with certificate of the variable",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem", "AZURE_CLIENT_CERTIFICATE_PASSWORD=pw"},
		kind: passwordless.ServicePrincipalCertificate, rule: RuleMethod, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, CertificatePath: "/ambient.pem"}},
	{name: "2 workload identity by method", id: asked(dsn.MethodWorkloadIdentity, dsn.Identity{}), env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: RuleMethod, want: Identity{ClientID: connectortest.TestOther, TenantID: connectortest.TestTenant, TokenFile: "/var/token"}},
	{name: "2 Azure CLI by method", id: asked(dsn.MethodAzureCLI, clientID), host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: passwordless.AzureCLI, rule: RuleMethod, why: "asks for the Azure CLI"},
	{name: "2 azd by method", id: asked(dsn.MethodAzureDeveloperCLI, dsn.Identity{TenantID: connectortest.TestTenant}),
		kind: passwordless.AzureDeveloperCLI, rule: RuleMethod, want: Identity{TenantID: connectortest.TestTenant}},
	{name: "2 PowerShell by method", id: asked(dsn.MethodAzurePowerShell, dsn.Identity{}), o: &passwordless.Options{TenantID: connectortest.TestTenant},
		kind: passwordless.AzurePowerShell, rule: RuleMethod, want: Identity{TenantID: connectortest.TestTenant}},
	{name: "2 environment by method, secret", id: asked(dsn.MethodEnvironment, dsn.Identity{}), env: ambient,
		kind: passwordless.ServicePrincipal, rule: RuleMethod, want: Identity{ClientID: connectortest.TestOther, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("ambient")}},
	{name: "2 environment by method, certificate", id: asked(dsn.MethodEnvironment, dsn.Identity{}),
		env:  []string{"AZURE_CLIENT_ID=" + connectortest.TestOther, "AZURE_TENANT_ID=" + connectortest.TestTenant, "AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: passwordless.ServicePrincipalCertificate, rule: RuleMethod, want: Identity{ClientID: connectortest.TestOther, TenantID: connectortest.TestTenant, CertificatePath: "/ambient.pem"}},
	{name: "2 interactive by method", id: asked(dsn.MethodInteractive, clientID),
		kind: passwordless.Interactive, rule: RuleMethod, want: Identity{ClientID: connectortest.TestClient}},
	{name: "2 device code by method", id: asked(dsn.MethodDeviceCode, dsn.Identity{}),
		kind: passwordless.DeviceCode, rule: RuleMethod},
	{name: "2 password by method", id: asked(dsn.MethodPassword, dsn.Identity{}), password: "pw", env: connectortest.Pod,
		kind: passwordless.PasswordLogin, rule: RuleMethod, want: Identity{Secret: dsn.NewSecret("pw")}},

	{name: "3 client secret", id: withSecret, env: connectortest.Pod, host: appService,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "3 default with client secret", id: asked(dsn.MethodDefault, withSecret), host: appService,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("s3cret")}},
	{name: "3 client secret, tenant from Options", id: dsn.Identity{ClientID: connectortest.TestClient, ClientSecret: dsn.NewSecret("x")}, o: &passwordless.Options{TenantID: connectortest.TestTenant},
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("x")}},
	{name: "3 SQL Server, default with GUID user and password", engine: dsn.SQLServer, user: connectortest.TestClient + "@" + connectortest.TestTenant, password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: passwordless.ServicePrincipal, rule: ruleSecret,
		want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("x")}},
	{name: "2 SQL Server, managed identity with GUID user", engine: dsn.SQLServer, user: connectortest.TestClient, id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: appService,
		kind: passwordless.UserAssigned, rule: RuleMethod, want: Identity{ClientID: connectortest.TestClient}},
	{name: "3 SQL Server, name and password", engine: dsn.SQLServer, user: "sa", password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: passwordless.PasswordLogin, rule: rulePassword, want: Identity{Secret: dsn.NewSecret("x")}},
	{name: "3 password and no identity", user: "app", password: "pw", env: append(connectortest.Pod, ambient...), host: appService,
		kind: passwordless.PasswordLogin, rule: rulePassword, why: "password and no identity", want: Identity{Secret: dsn.NewSecret("pw")}},

	{name: "4 pod, client ID of the connection", id: clientID, env: connectortest.Pod,
		kind: passwordless.WorkloadIdentity, rule: ruleTokenFile, why: "AZURE_FEDERATED_TOKEN_FILE", want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, TokenFile: "/var/token"}},
	{name: "4 pod, AZURE_CLIENT_ID", env: connectortest.Pod, host: laptop,
		kind: passwordless.WorkloadIdentity, rule: ruleTokenFile, want: Identity{ClientID: connectortest.TestOther, TenantID: connectortest.TestTenant, TokenFile: "/var/token"}},

	{name: "5 client ID", id: clientID, host: appService,
		kind: passwordless.UserAssigned, rule: RuleID, want: Identity{ClientID: connectortest.TestClient}},
	{name: "5 object ID", id: dsn.Identity{ObjectID: connectortest.TestOther}, host: appService,
		kind: passwordless.UserAssigned, rule: RuleID, want: Identity{ObjectID: connectortest.TestOther}},
	{name: "5 resource ID", id: dsn.Identity{ResourceID: "/subscriptions/s/x"}, host: appService,
		kind: passwordless.UserAssigned, rule: RuleID, want: Identity{ResourceID: "/subscriptions/s/x"}},
	{name: "5 default means the rules", id: asked(dsn.MethodDefault, clientID), host: appService,
		kind: passwordless.UserAssigned, rule: RuleID, want: Identity{ClientID: connectortest.TestClient}},

	{name: "6 system-assigned, never redirected by AZURE_CLIENT_ID", env: ambient, host: appService,
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "names no identity"},

	{name: "7 marker, no probe although tools are there", id: clientID, host: Host{Marker: "MSI_ENDPOINT", Tools: laptop.Tools},
		kind: passwordless.UserAssigned, rule: RuleID, want: Identity{ClientID: connectortest.TestClient}},
	{name: "7 neither marker nor tools: no probe", host: bare,
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "none of az, azd and PowerShell"},
	{name: "7 no marker but tools: probe", id: clientID, host: laptop,
		kind: passwordless.UserAssigned, rule: RuleID, why: "finds out", want: Identity{ClientID: connectortest.TestClient, Probe: true, Tools: laptop.Tools}},
	{name: "7 no marker but tools, by method: probe", id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: laptop,
		kind: passwordless.SystemAssigned, rule: RuleMethod, want: Identity{Probe: true, Tools: laptop.Tools}},
	{name: "7 asset tag: no probe although tools are there", id: clientID, host: Host{AssetTag: true, Tools: laptop.Tools},
		kind: passwordless.UserAssigned, rule: RuleID, why: "chassis asset tag", want: Identity{ClientID: connectortest.TestClient}},
	{name: "7 asset tag: the tools are for a machine without identity", host: Host{AssetTag: true, Tools: laptop.Tools},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "chassis asset tag", want: Identity{Tools: laptop.Tools}},
	{name: "7 asset tag without tools", host: Host{AssetTag: true},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "chassis asset tag"},
	{name: "7 a marker before the asset tag", host: Host{Marker: "MSI_ENDPOINT", AssetTag: true, Tools: laptop.Tools},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "MSI_ENDPOINT"},
	{name: "7 Options.ProbeIMDS before the asset tag", host: Host{AssetTag: true, Tools: laptop.Tools},
		o:    &passwordless.Options{ProbeIMDS: func(context.Context) bool { return false }},
		kind: passwordless.SystemAssigned, rule: ruleNoID, why: "finds out", want: Identity{Probe: true, Tools: laptop.Tools}},
	{name: "7 dev in Azure", host: Host{AssetTag: true, Tools: laptop.Tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: passwordless.AzureCLI, rule: RuleDeveloper, want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 prod forbids the tools", id: clientID, host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: passwordless.UserAssigned, rule: RuleID, why: "AZURE_TOKEN_CREDENTIALS is prod", want: Identity{ClientID: connectortest.TestClient}},
	{name: "7 dev leaves only the tools", id: clientID, host: Host{Marker: "x", Tools: laptop.Tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: passwordless.AzureCLI, rule: RuleDeveloper, why: "AZURE_TOKEN_CREDENTIALS is dev", want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 dev in a pod", env: append([]string{"AZURE_TOKEN_CREDENTIALS=Dev"}, connectortest.Pod...), host: laptop,
		kind: passwordless.AzureCLI, rule: RuleDeveloper, want: Identity{Tools: []passwordless.IdentityKind{passwordless.AzurePowerShell}}, warns: true},
	{name: "7 forced Azure CLI", id: clientID, host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=azureclicredential"},
		kind: passwordless.AzureCLI, rule: RuleDeveloper, warns: true},
	{name: "7 forced azd", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzureDeveloperCLICredential"},
		kind: passwordless.AzureDeveloperCLI, rule: RuleDeveloper, warns: true},
	{name: "7 forced PowerShell", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzurePowerShellCredential"},
		kind: passwordless.AzurePowerShell, rule: RuleDeveloper, warns: true},
	{name: "7 forced managed identity", id: clientID, host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential"}, connectortest.Pod...),
		kind: passwordless.UserAssigned, rule: ruleVariable, want: Identity{ClientID: connectortest.TestClient}},
	{name: "7 forced environment", host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=EnvironmentCredential"}, ambient...),
		kind: passwordless.ServicePrincipal, rule: ruleVariable, want: Identity{ClientID: connectortest.TestOther, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("ambient")}},
	{name: "7 forced workload identity", id: clientID, env: append([]string{"AZURE_TOKEN_CREDENTIALS=WorkloadIdentityCredential"}, connectortest.Pod...), host: appService,
		kind: passwordless.WorkloadIdentity, rule: ruleVariable, want: Identity{ClientID: connectortest.TestClient, TokenFile: "/var/token"}},
	{name: "7 does not touch a service principal", id: withSecret, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"}, host: laptop,
		kind: passwordless.ServicePrincipal, rule: ruleSecret, want: Identity{ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("s3cret")}},
}
