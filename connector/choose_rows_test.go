package connector

import (
	"context"

	"github.com/azuredb/passwordless/dsn"
)

type chooseRow struct {
	name     string
	engine   dsn.Engine // default PostgreSQL
	user     string
	password string
	id       dsn.Identity
	env      []string
	host     hostFacts
	o        *Options

	kind  IdentityKind
	rule  string
	why   string
	want  identity // only its identifiers, secret, files, probe and tools
	warns bool
}

var chooseRows = []chooseRow{
	{name: "1 own credential", o: &Options{Credential: &fixedCredential{}}, id: withSecret,
		kind: OwnCredential, rule: ruleOption, why: "Options.Credential"},

	{name: "2 managed identity by method, none named", id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: appService,
		kind: SystemAssigned, rule: ruleMethod, why: "asks for managed identity; the host has an identity endpoint"},
	{name: "2 managed identity by method, client ID", id: asked(dsn.MethodManagedIdentity, clientID), host: appService,
		kind: UserAssigned, rule: ruleMethod, why: "asks for managed identity", want: identity{clientID: testClient}},
	{name: "2 managed identity by method in a pod is workload identity", id: asked(dsn.MethodManagedIdentity, clientID), env: pod,
		kind: WorkloadIdentity, rule: ruleMethod, why: "in a pod", want: identity{clientID: testClient, tenantID: testTenant, tokenFile: "/var/token"}},
	{name: "2 service principal by method with secret", id: asked(dsn.MethodServicePrincipal, withSecret),
		kind: ServicePrincipal, rule: ruleMethod, why: "service principal", want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("s3cret")}},
	{name: "2 service principal by method with certificate of the connection",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: testClient, TenantID: testTenant, ClientCertificatePath: "/c.pem"}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: ServicePrincipalCertificate, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant, certificatePath: "/c.pem"}},
	{name: "2 service principal by method with certificate of the variable",
		id:   asked(dsn.MethodServicePrincipal, dsn.Identity{ClientID: testClient, TenantID: testTenant}),
		env:  []string{"AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem", "AZURE_CLIENT_CERTIFICATE_PASSWORD=pw"},
		kind: ServicePrincipalCertificate, rule: ruleMethod, want: identity{clientID: testClient, tenantID: testTenant, certificatePath: "/ambient.pem"}},
	{name: "2 workload identity by method", id: asked(dsn.MethodWorkloadIdentity, dsn.Identity{}), env: pod,
		kind: WorkloadIdentity, rule: ruleMethod, want: identity{clientID: testOther, tenantID: testTenant, tokenFile: "/var/token"}},
	{name: "2 Azure CLI by method", id: asked(dsn.MethodAzureCLI, clientID), host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: AzureCLI, rule: ruleMethod, why: "asks for the Azure CLI"},
	{name: "2 azd by method", id: asked(dsn.MethodAzureDeveloperCLI, dsn.Identity{TenantID: testTenant}),
		kind: AzureDeveloperCLI, rule: ruleMethod, want: identity{tenantID: testTenant}},
	{name: "2 PowerShell by method", id: asked(dsn.MethodAzurePowerShell, dsn.Identity{}), o: &Options{TenantID: testTenant},
		kind: AzurePowerShell, rule: ruleMethod, want: identity{tenantID: testTenant}},
	{name: "2 environment by method, secret", id: asked(dsn.MethodEnvironment, dsn.Identity{}), env: ambient,
		kind: ServicePrincipal, rule: ruleMethod, want: identity{clientID: testOther, tenantID: testTenant, secret: dsn.NewSecret("ambient")}},
	{name: "2 environment by method, certificate", id: asked(dsn.MethodEnvironment, dsn.Identity{}),
		env:  []string{"AZURE_CLIENT_ID=" + testOther, "AZURE_TENANT_ID=" + testTenant, "AZURE_CLIENT_CERTIFICATE_PATH=/ambient.pem"},
		kind: ServicePrincipalCertificate, rule: ruleMethod, want: identity{clientID: testOther, tenantID: testTenant, certificatePath: "/ambient.pem"}},
	{name: "2 interactive by method", id: asked(dsn.MethodInteractive, clientID),
		kind: Interactive, rule: ruleMethod, want: identity{clientID: testClient}},
	{name: "2 device code by method", id: asked(dsn.MethodDeviceCode, dsn.Identity{}),
		kind: DeviceCode, rule: ruleMethod},
	{name: "2 password by method", id: asked(dsn.MethodPassword, dsn.Identity{}), password: "pw", env: pod,
		kind: PasswordLogin, rule: ruleMethod, want: identity{secret: dsn.NewSecret("pw")}},

	{name: "3 client secret", id: withSecret, env: pod, host: appService,
		kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("s3cret")}},
	{name: "3 default with client secret", id: asked(dsn.MethodDefault, withSecret), host: appService,
		kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("s3cret")}},
	{name: "3 client secret, tenant from Options", id: dsn.Identity{ClientID: testClient, ClientSecret: dsn.NewSecret("x")}, o: &Options{TenantID: testTenant},
		kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("x")}},
	{name: "3 SQL Server, default with GUID user and password", engine: dsn.SQLServer, user: testClient + "@" + testTenant, password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: ServicePrincipal, rule: ruleSecret,
		want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("x")}},
	{name: "2 SQL Server, managed identity with GUID user", engine: dsn.SQLServer, user: testClient, id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: appService,
		kind: UserAssigned, rule: ruleMethod, want: identity{clientID: testClient}},
	{name: "3 SQL Server, name and password", engine: dsn.SQLServer, user: "sa", password: "x",
		id: asked(dsn.MethodDefault, dsn.Identity{}), kind: PasswordLogin, rule: rulePassword, want: identity{secret: dsn.NewSecret("x")}},
	{name: "3 password and no identity", user: "app", password: "pw", env: append(pod, ambient...), host: appService,
		kind: PasswordLogin, rule: rulePassword, why: "password and no identity", want: identity{secret: dsn.NewSecret("pw")}},

	{name: "4 pod, client ID of the connection", id: clientID, env: pod,
		kind: WorkloadIdentity, rule: ruleTokenFile, why: "AZURE_FEDERATED_TOKEN_FILE", want: identity{clientID: testClient, tenantID: testTenant, tokenFile: "/var/token"}},
	{name: "4 pod, AZURE_CLIENT_ID", env: pod, host: laptop,
		kind: WorkloadIdentity, rule: ruleTokenFile, want: identity{clientID: testOther, tenantID: testTenant, tokenFile: "/var/token"}},

	{name: "5 client ID", id: clientID, host: appService,
		kind: UserAssigned, rule: ruleID, want: identity{clientID: testClient}},
	{name: "5 object ID", id: dsn.Identity{ObjectID: testOther}, host: appService,
		kind: UserAssigned, rule: ruleID, want: identity{objectID: testOther}},
	{name: "5 resource ID", id: dsn.Identity{ResourceID: "/subscriptions/s/x"}, host: appService,
		kind: UserAssigned, rule: ruleID, want: identity{resourceID: "/subscriptions/s/x"}},
	{name: "5 default means the rules", id: asked(dsn.MethodDefault, clientID), host: appService,
		kind: UserAssigned, rule: ruleID, want: identity{clientID: testClient}},

	{name: "6 system-assigned, never redirected by AZURE_CLIENT_ID", env: ambient, host: appService,
		kind: SystemAssigned, rule: ruleNoID, why: "names no identity"},

	{name: "7 marker, no probe although tools are there", id: clientID, host: hostFacts{marker: "MSI_ENDPOINT", tools: laptop.tools},
		kind: UserAssigned, rule: ruleID, want: identity{clientID: testClient}},
	{name: "7 neither marker nor tools: no probe", host: bare,
		kind: SystemAssigned, rule: ruleNoID, why: "none of az, azd and PowerShell"},
	{name: "7 no marker but tools: probe", id: clientID, host: laptop,
		kind: UserAssigned, rule: ruleID, why: "finds out", want: identity{clientID: testClient, probe: true, tools: laptop.tools}},
	{name: "7 no marker but tools, by method: probe", id: asked(dsn.MethodManagedIdentity, dsn.Identity{}), host: laptop,
		kind: SystemAssigned, rule: ruleMethod, want: identity{probe: true, tools: laptop.tools}},
	{name: "7 asset tag: no probe although tools are there", id: clientID, host: hostFacts{assetTag: true, tools: laptop.tools},
		kind: UserAssigned, rule: ruleID, why: "chassis asset tag", want: identity{clientID: testClient}},
	{name: "7 asset tag: the tools are for a machine without identity", host: hostFacts{assetTag: true, tools: laptop.tools},
		kind: SystemAssigned, rule: ruleNoID, why: "chassis asset tag", want: identity{tools: laptop.tools}},
	{name: "7 asset tag without tools", host: hostFacts{assetTag: true},
		kind: SystemAssigned, rule: ruleNoID, why: "chassis asset tag"},
	{name: "7 a marker before the asset tag", host: hostFacts{marker: "MSI_ENDPOINT", assetTag: true, tools: laptop.tools},
		kind: SystemAssigned, rule: ruleNoID, why: "MSI_ENDPOINT"},
	{name: "7 Options.ProbeIMDS before the asset tag", host: hostFacts{assetTag: true, tools: laptop.tools},
		o:    &Options{ProbeIMDS: func(context.Context) bool { return false }},
		kind: SystemAssigned, rule: ruleNoID, why: "finds out", want: identity{probe: true, tools: laptop.tools}},
	{name: "7 dev in Azure", host: hostFacts{assetTag: true, tools: laptop.tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: AzureCLI, rule: ruleDeveloper, want: identity{tools: []IdentityKind{AzurePowerShell}}, warns: true},
	{name: "7 prod forbids the tools", id: clientID, host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=prod"},
		kind: UserAssigned, rule: ruleID, why: "AZURE_TOKEN_CREDENTIALS is prod", want: identity{clientID: testClient}},
	{name: "7 dev leaves only the tools", id: clientID, host: hostFacts{marker: "x", tools: laptop.tools}, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"},
		kind: AzureCLI, rule: ruleDeveloper, why: "AZURE_TOKEN_CREDENTIALS is dev", want: identity{tools: []IdentityKind{AzurePowerShell}}, warns: true},
	{name: "7 dev in a pod", env: append([]string{"AZURE_TOKEN_CREDENTIALS=Dev"}, pod...), host: laptop,
		kind: AzureCLI, rule: ruleDeveloper, want: identity{tools: []IdentityKind{AzurePowerShell}}, warns: true},
	{name: "7 forced Azure CLI", id: clientID, host: appService, env: []string{"AZURE_TOKEN_CREDENTIALS=azureclicredential"},
		kind: AzureCLI, rule: ruleDeveloper, warns: true},
	{name: "7 forced azd", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzureDeveloperCLICredential"},
		kind: AzureDeveloperCLI, rule: ruleDeveloper, warns: true},
	{name: "7 forced PowerShell", host: laptop, env: []string{"AZURE_TOKEN_CREDENTIALS=AzurePowerShellCredential"},
		kind: AzurePowerShell, rule: ruleDeveloper, warns: true},
	{name: "7 forced managed identity", id: clientID, host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential"}, pod...),
		kind: UserAssigned, rule: ruleVariable, want: identity{clientID: testClient}},
	{name: "7 forced environment", host: laptop, env: append([]string{"AZURE_TOKEN_CREDENTIALS=EnvironmentCredential"}, ambient...),
		kind: ServicePrincipal, rule: ruleVariable, want: identity{clientID: testOther, tenantID: testTenant, secret: dsn.NewSecret("ambient")}},
	{name: "7 forced workload identity", id: clientID, env: append([]string{"AZURE_TOKEN_CREDENTIALS=WorkloadIdentityCredential"}, pod...), host: appService,
		kind: WorkloadIdentity, rule: ruleVariable, want: identity{clientID: testClient, tokenFile: "/var/token"}},
	{name: "7 does not touch a service principal", id: withSecret, env: []string{"AZURE_TOKEN_CREDENTIALS=dev"}, host: laptop,
		kind: ServicePrincipal, rule: ruleSecret, want: identity{clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("s3cret")}},
}
