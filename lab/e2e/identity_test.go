package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// onHost is a user-assigned identity on App Service that a string names in some way.
func onHost(keys func(azuretest.Identity) []string) func(*testing.T, *site) setting {
	return func(t *testing.T, x *site) setting {
		x.onAppService(t)
		id := x.userAssigned(t)
		return x.literal(id.Name, keys(id)...)
	}
}

var managedIdentities = []identityCase{
	{"system-assigned, App Service", passwordless.SystemAssigned, azuretest.AppService, func(t *testing.T, x *site) setting {
		x.onAppService(t)
		return x.literal(x.admit(t, x.AddSystemAssigned(azuretest.Identity{})).Name)
	}},
	{"user-assigned by client ID", passwordless.UserAssigned, azuretest.AppService,
		onHost(func(id azuretest.Identity) []string { return []string{"client_id=" + id.ClientID} })},
	{"user-assigned by object ID", passwordless.UserAssigned, azuretest.AppService,
		onHost(func(id azuretest.Identity) []string { return []string{"object_id=" + id.ObjectID} })},
	{"user-assigned by resource ID", passwordless.UserAssigned, azuretest.AppService,
		onHost(func(id azuretest.Identity) []string { return []string{"resource_id=" + id.ResourceID} })},
	{"by word", passwordless.UserAssigned, azuretest.AppService, onHost(func(id azuretest.Identity) []string {
		return []string{"authentication=ActiveDirectoryManagedIdentity", "client_id=" + id.ClientID}
	})},
}

// virtualMachines have no marker in the environment: IMDS is found by asking, or without asking where no
// developer tool is on PATH.
var virtualMachines = []identityCase{
	{"user-assigned, without tools", passwordless.UserAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		return x.variables(id.Name, x.clientID(id))
	}},
	{"user-assigned by object ID", passwordless.UserAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		return x.literal(id.Name, "object_id="+id.ObjectID)
	}},
	{"user-assigned by resource ID", passwordless.UserAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		return x.literal(id.Name, "resource_id="+id.ResourceID)
	}},
	{"system-assigned, without tools", passwordless.SystemAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		return x.variables(x.admit(t, x.AddSystemAssigned(azuretest.Identity{})).Name)
	}},
	{"user-assigned, with az on PATH", passwordless.UserAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		x.signedIn(t)
		id := x.userAssigned(t)
		return x.variables(id.Name, x.clientID(id))
	}},
	{"system-assigned, with az on PATH", passwordless.SystemAssigned, azuretest.IMDS, func(t *testing.T, x *site) setting {
		x.signedIn(t)
		return x.variables(x.admit(t, x.AddSystemAssigned(azuretest.Identity{})).Name)
	}},
}

var servicePrincipals = []identityCase{
	{"secret in the variables", passwordless.ServicePrincipal, azuretest.Authority, func(t *testing.T, x *site) setting {
		id := x.admitPrincipal(t)
		return x.variables(id.Name, x.clientID(id), x.prefix+"CLIENTSECRET="+id.Secret, x.prefix+"TENANTID="+id.TenantID, x.authority())
	}},
	{"certificate in the string", passwordless.ServicePrincipalCertificate, azuretest.Authority, func(t *testing.T, x *site) setting {
		id, file := x.certified(t)
		return x.literal(id.Name, "client_id="+id.ClientID, "tenant_id="+id.TenantID, "client_certificate_path="+file).in(x, x.authority())
	}},
	{"certificate in the environment", passwordless.ServicePrincipalCertificate, azuretest.Authority, func(t *testing.T, x *site) setting {
		id, file := x.certified(t)
		return x.literal(id.Name, "authentication=ActiveDirectoryServicePrincipal", "client_id="+id.ClientID, "tenant_id="+id.TenantID).
			in(x, "AZURE_CLIENT_CERTIFICATE_PATH="+file, x.authority())
	}},
	{"the environment's", passwordless.ServicePrincipal, azuretest.Authority, func(t *testing.T, x *site) setting {
		id := x.admitPrincipal(t)
		return x.literal(id.Name, "authentication=ActiveDirectoryEnvironment").in(x, "AZURE_CLIENT_ID="+id.ClientID,
			"AZURE_CLIENT_SECRET="+id.Secret, "AZURE_TENANT_ID="+id.TenantID, x.authority())
	}},
	{"the environment's, with a certificate", passwordless.ServicePrincipalCertificate, azuretest.Authority, func(t *testing.T, x *site) setting {
		id, file := x.certified(t)
		return x.literal(id.Name, "authentication=ActiveDirectoryEnvironment").in(x, "AZURE_CLIENT_ID="+id.ClientID,
			"AZURE_CLIENT_CERTIFICATE_PATH="+file, "AZURE_TENANT_ID="+id.TenantID, x.authority())
	}},
}

// inPod is a pod with a workload identity, and what its connection says of it.
func inPod(say func(*site, azuretest.Identity) (keys, variables []string)) func(*testing.T, *site) setting {
	return func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		pod, err := x.WorkloadEnviron(t.TempDir(), id)
		require.NoError(t, err)
		keys, variables := say(x, id)
		if len(keys) > 0 {
			return x.literal(id.Name, keys...).in(x, pod...)
		}
		return x.variables(id.Name, append(pod, variables...)...)
	}
}

// workloadIdentities have the variables of a user-assigned connection; only the webhook's tell.
var workloadIdentities = []identityCase{
	{"user-assigned's variables", passwordless.WorkloadIdentity, azuretest.Authority,
		inPod(func(x *site, id azuretest.Identity) (keys, variables []string) { return nil, []string{x.clientID(id)} })},
	{"the webhook's client ID", passwordless.WorkloadIdentity, azuretest.Authority,
		inPod(func(*site, azuretest.Identity) (keys, variables []string) { return nil, nil })},
	{"by word", passwordless.WorkloadIdentity, azuretest.Authority,
		inPod(func(*site, azuretest.Identity) (keys, variables []string) {
			return []string{"authentication=ActiveDirectoryWorkloadIdentity"}, nil
		})},
	{"managed identity by word", passwordless.WorkloadIdentity, azuretest.Authority,
		inPod(func(_ *site, id azuretest.Identity) (keys, variables []string) {
			return []string{"authentication=ActiveDirectoryManagedIdentity", "client_id=" + id.ClientID}, nil
		})},
}

// signedInBy is a developer who has signed in with a tool that the string names.
func signedInBy(word string, install azuretest.Endpoint) func(*testing.T, *site) setting {
	return func(t *testing.T, x *site) setting {
		return x.literal(x.signedIn(t, install).Name, "authentication="+word)
	}
}

var developers = []identityCase{
	{"az", passwordless.AzureCLI, azuretest.AzureCLI, signedInBy("ActiveDirectoryAzCli", azuretest.AzureCLI)},
	{"azd", passwordless.AzureDeveloperCLI, azuretest.AzureDeveloperCLI, signedInBy("ActiveDirectoryAzureDeveloperCli", azuretest.AzureDeveloperCLI)},
	{"PowerShell", passwordless.AzurePowerShell, azuretest.AzurePowerShell, signedInBy("AzurePowerShell", azuretest.AzurePowerShell)},
}

var ownCredentials = []identityCase{
	{"Options.Credential", passwordless.CustomCredential, "", func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		set := x.variables(id.Name, x.prefix+"CLIENTID=11111111-1111-1111-1111-111111111111")
		set.options.Credential = &minted{tokens: []string{x.mint(id)}}
		return set
	}},
	{"Options.User", passwordless.CustomCredential, "", func(t *testing.T, x *site) setting {
		id := x.userAssigned(t)
		set := x.literal("somebody-else")
		set.role, set.options.User = id.Name, id.Name
		set.options.Credential = &minted{tokens: []string{x.mint(id)}}
		return set
	}},
}

// namedByTokens have no user name in their strings. A managed identity's token names its Azure resource, whose last
// part is the database user's name, and a person's token the sign-in name. SQL Server itself reads it there.
var namedByTokens = []identityCase{
	{"managed identity", passwordless.UserAssigned, azuretest.AppService, func(t *testing.T, x *site) setting {
		x.onAppService(t)
		id := x.userAssigned(t)
		return setting{id.Name, x.text(x.address, "", "client_id="+id.ClientID), x.options()}
	}},
	{"developer", passwordless.AzureCLI, azuretest.AzureCLI, func(t *testing.T, x *site) setting {
		return setting{x.signedIn(t).Name, x.text(x.address, "", "authentication=ActiveDirectoryAzCli"), x.options()}
	}},
}

func TestManagedIdentityLogsIn(t *testing.T) { requireLogins(t, managedIdentities) }

func TestVirtualMachineLogsInByIMDS(t *testing.T) { requireLogins(t, virtualMachines) }

func TestServicePrincipalLogsIn(t *testing.T) { requireLogins(t, servicePrincipals) }

func TestWorkloadIdentityLogsIn(t *testing.T) { requireLogins(t, workloadIdentities) }

func TestDeveloperToolLogsInWhenAskedFor(t *testing.T) { requireLogins(t, developers) }

func TestOwnCredentialLogsIn(t *testing.T) { requireLogins(t, ownCredentials) }

func TestTokenNamesTheUser(t *testing.T) { requireLogins(t, namedByTokens) }

// requireLogins runs each case through database/sql and through pgxpool.
func requireLogins(t *testing.T, cases []identityCase) {
	t.Helper()
	onStage(t).site().requireLogins(t, cases, func(t *testing.T, set setting) {
		requirePoolUser(t, set.role, openPool(t, set.text, set.options))
	})
}
