// Package identity chooses the identity that a connection logs in with.
package identity

import (
	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// rule is one row of the table that chooses the identity. The first row whose
// condition holds decides; its why is what logs, Status and error texts say.
type rule struct {
	name string
	when func(*request) bool
	then func(*request) (Identity, error)
	why  string
}

// The names of the rules, which logs, errors and Status use.
const (
	ruleOption    = "Options.Credential"
	ruleMethod    = "authentication method"
	ruleSecret    = "client secret"
	rulePassword  = "password"
	ruleTokenFile = "federated token file"
	ruleID        = "client ID"
	ruleNoID      = "no ID"
	ruleDeveloper = "developer sign-in"
	ruleVariable  = envTokenCredentials
)

// rules are in the order in which they are tried. A host's managed identity, and
// the workload identity of a pod, are then settled by [fallbacks].
var rules = [...]rule{
	{ruleOption, (*request).hasCredential, just(passwordless.CustomCredential), "Options.Credential is set"},
	{ruleSecret, (*request).contradicts, refuseBoth, "the connection has a password and an identity"},

	{ruleMethod, method(dsn.MethodManagedIdentity, (*request).inPod), workload, "the connection asks for managed identity, which in a pod with AZURE_FEDERATED_TOKEN_FILE is workload identity"},
	{ruleMethod, method(dsn.MethodManagedIdentity), managed, "the connection asks for managed identity"},
	{ruleMethod, method(dsn.MethodServicePrincipal), principal, "the connection asks for a service principal"},
	{ruleMethod, method(dsn.MethodWorkloadIdentity), workload, "the connection asks for workload identity"},
	{ruleMethod, method(dsn.MethodAzureCLI), developer(passwordless.AzureCLI), "the connection asks for the Azure CLI"},
	{ruleMethod, method(dsn.MethodAzureDeveloperCLI), developer(passwordless.AzureDeveloperCLI), "the connection asks for the Azure Developer CLI"},
	{ruleMethod, method(dsn.MethodAzurePowerShell), developer(passwordless.AzurePowerShell), "the connection asks for Azure PowerShell"},
	{ruleMethod, method(dsn.MethodEnvironment), environment, "the connection asks for the identity in AZURE_TENANT_ID and AZURE_CLIENT_ID"},
	{ruleMethod, method(dsn.MethodInteractive), person(passwordless.Interactive), "the connection asks for an interactive sign-in"},
	{ruleMethod, method(dsn.MethodDeviceCode), person(passwordless.DeviceCode), "the connection asks for a device code sign-in"},
	{ruleMethod, method(dsn.MethodPassword), password, "the connection asks for a password login"},

	{ruleSecret, (*request).hasSecret, principal, "the connection has a client secret or certificate"},
	{rulePassword, (*request).hasPassword, password, "the connection has a password and no identity"},
	{ruleTokenFile, (*request).inPod, workload, "AZURE_FEDERATED_TOKEN_FILE is set"},
	{ruleID, (*request).hasID, managed, "the connection has a client, object or resource ID"},
	{ruleNoID, always, managed, "the connection names no identity"},
}

// Choose decides which identity the connection c logs in with. It makes no request and reads
// no file. Only keys of the connection name its identity: ambient variables such
// as AZURE_CLIENT_ID count where a rule says so and nowhere else.
func Choose(c dsn.Config, env environ.Vars, host HostInfo, o *passwordless.Options) (Identity, error) {
	r, err := newRequest(c, env, host, o)
	if err != nil {
		return Identity{}, err
	}
	var chosen rule
	for _, row := range rules {
		if row.when(r) {
			chosen = row
			break
		}
	}
	id, err := chosen.then(r)
	if err != nil {
		return Identity{}, err
	}
	id.Rule, id.Why = chosen.name, chosen.why
	if id.LacksTenant() {
		id.Why += "; the server names its tenant"
	}
	if r.engine == dsn.SQLServer && id.Token() && r.user+o.User != "" {
		id.Warnings = append(id.Warnings, unusedUser)
	}
	if IsManaged(id.Kind) || chosen.name == ruleTokenFile {
		return fallBack(id, r)
	}
	return id, nil
}

func always(*request) bool { return true }

// method holds when the connection asks for the authentication method m, and all further
// conditions hold too.
func method(m dsn.Method, also ...func(*request) bool) func(*request) bool {
	return func(r *request) bool {
		if r.ids.Method != m {
			return false
		}
		for _, holds := range also {
			if !holds(r) {
				return false
			}
		}
		return true
	}
}

func just(kind passwordless.IdentityKind) func(*request) (Identity, error) {
	return func(*request) (Identity, error) { return Identity{Kind: kind}, nil }
}

// developer is the developer signed in with a tool, in the connection's tenant or else
// the tool's own.
func developer(kind passwordless.IdentityKind) func(*request) (Identity, error) {
	return func(r *request) (Identity, error) {
		return Identity{Kind: kind, TenantID: r.tenant()}, nil
	}
}

// person is somebody who signs in through the application that the connection
// names, or else through Microsoft's own for developers.
func person(kind passwordless.IdentityKind) func(*request) (Identity, error) {
	return func(r *request) (Identity, error) {
		return Identity{Kind: kind, ClientID: r.ids.ClientID, TenantID: r.tenant()}, nil
	}
}
