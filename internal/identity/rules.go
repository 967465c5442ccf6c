// Package identity chooses the identity that a connection logs in with.
package identity

import (
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

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

// rules choose the identity: the first row whose condition holds decides. A managed identity, and the
// workload identity of a pod, are then settled by [fallBack].
var rules = [...]rule{
	{ruleOption, (*request).hasCredential, custom, "Options.Credential is set"},
	{ruleSecret, (*request).contradicts, refuseBoth, "the connection has a password and an identity"},

	{ruleMethod, (*request).podAsManaged, workload, "the connection asks for managed identity, which in a pod with AZURE_FEDERATED_TOKEN_FILE is workload identity"},
	{ruleMethod, method(dsn.MethodManagedIdentity), managed, "the connection asks for managed identity"},
	{ruleMethod, method(dsn.MethodServicePrincipal), principal, "the connection asks for a service principal"},
	{ruleMethod, method(dsn.MethodWorkloadIdentity), workload, "the connection asks for workload identity"},
	{ruleMethod, method(dsn.MethodAzureCLI), signIn(passwordless.AzureCLI), "the connection asks for the Azure CLI"},
	{ruleMethod, method(dsn.MethodAzureDeveloperCLI), signIn(passwordless.AzureDeveloperCLI), "the connection asks for the Azure Developer CLI"},
	{ruleMethod, method(dsn.MethodAzurePowerShell), signIn(passwordless.AzurePowerShell), "the connection asks for Azure PowerShell"},
	{ruleMethod, method(dsn.MethodEnvironment), environment, "the connection asks for the identity in AZURE_TENANT_ID and AZURE_CLIENT_ID"},
	{ruleMethod, method(dsn.MethodInteractive), signIn(passwordless.Interactive), "the connection asks for an interactive sign-in"},
	{ruleMethod, method(dsn.MethodDeviceCode), signIn(passwordless.DeviceCode), "the connection asks for a device code sign-in"},
	{ruleMethod, method(dsn.MethodPassword), password, "the connection asks for a password login"},

	{ruleSecret, (*request).hasSecret, principal, "the connection has a client secret or certificate"},
	{rulePassword, (*request).hasPassword, password, "the connection has a password and no identity"},
	{ruleTokenFile, (*request).inPod, workload, "AZURE_FEDERATED_TOKEN_FILE is set"},
	{ruleID, (*request).hasID, managed, "the connection has a client, object or resource ID"},
	{ruleNoID, func(*request) bool { return true }, managed, "the connection names no identity"},
}

// Choose decides which identity the connection c logs in with, by the rules in the documentation of
// package passwordless. It makes no request and reads no file.
func Choose(c dsn.Config, env environ.Vars, host HostInfo, o *passwordless.Options) (Identity, error) {
	r := &request{engine: c.Engine, ids: c.Identity, user: c.User, password: c.Password, certFile: c.ClientCertFile, env: env, host: host, o: o}
	if c.Engine == dsn.SQLServer && !r.hasCredential() {
		if err := r.readSQLUser(); err != nil {
			return Identity{}, err
		}
	}
	chosen := rules[slices.IndexFunc(rules[:], func(row rule) bool { return row.when(r) })]
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

// method holds when the connection asks for the authentication method m.
func method(m dsn.Method) func(*request) bool {
	return func(r *request) bool { return r.ids.Method == m }
}

func custom(*request) (Identity, error) { return Identity{Kind: passwordless.CustomCredential}, nil }

// signIn is a person's sign-in, in the connection's tenant or else the person's: with a developer's tool, or
// through the application that the connection names or else Microsoft's for developers.
func signIn(kind passwordless.IdentityKind) func(*request) (Identity, error) {
	return func(r *request) (Identity, error) {
		id := Identity{Kind: kind, TenantID: r.tenant()}
		if id.OnDemand() {
			id.ClientID = r.ids.ClientID
		}
		return id, nil
	}
}
