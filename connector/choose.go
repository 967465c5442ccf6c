package connector

import (
	"github.com/azuredb/passwordless/dsn"
)

// rule is one row of the table that chooses the identity. The first row whose
// condition holds decides; its why is what logs, Status and error texts say.
type rule struct {
	number int
	when   func(*question) bool
	then   func(*question) (identity, error)
	why    string
}

// rules are in the order in which they are asked. A host's managed identity, and
// the workload identity of a pod, are then settled by [landings], rule 7.
var rules = [...]rule{
	{1, (*question).hasCredential, just(OwnCredential), "Options.Credential is set"},
	{3, (*question).contradicts, refuseBoth, "the connection has a password and an identity"},

	{2, word(dsn.MethodManagedIdentity, (*question).inPod), workload, "the connection asks for managed identity, which in a pod with AZURE_FEDERATED_TOKEN_FILE is workload identity"},
	{2, word(dsn.MethodManagedIdentity), managed, "the connection asks for managed identity"},
	{2, word(dsn.MethodServicePrincipal), principal, "the connection asks for a service principal"},
	{2, word(dsn.MethodWorkloadIdentity), workload, "the connection asks for workload identity"},
	{2, word(dsn.MethodAzureCLI), developer(AzureCLI), "the connection asks for the Azure CLI"},
	{2, word(dsn.MethodAzureDeveloperCLI), developer(AzureDeveloperCLI), "the connection asks for the Azure Developer CLI"},
	{2, word(dsn.MethodAzurePowerShell), developer(AzurePowerShell), "the connection asks for Azure PowerShell"},
	{2, word(dsn.MethodEnvironment), environment, "the connection asks for the identity in AZURE_TENANT_ID and AZURE_CLIENT_ID"},
	{2, word(dsn.MethodInteractive), person(Interactive), "the connection asks for an interactive sign-in"},
	{2, word(dsn.MethodDeviceCode), person(DeviceCode), "the connection asks for a device code sign-in"},
	{2, word(dsn.MethodPassword), password, "the connection asks for a password login"},

	{3, (*question).hasSecret, principal, "the connection has a client secret or certificate"},
	{3, (*question).hasPassword, password, "the connection has a password and no identity"},
	{4, (*question).inPod, workload, "AZURE_FEDERATED_TOKEN_FILE is set"},
	{5, (*question).hasID, managed, "the connection has a client, object or resource ID"},
	{6, always, managed, "the connection names no identity"},
}

// choose decides as whom the connection c logs in. It asks no network and reads
// no file. Only keys of the connection name its identity: ambient variables such
// as AZURE_CLIENT_ID count where a rule says so and nowhere else.
func choose(c dsn.Config, env variables, host hostFacts, o *Options) (identity, error) {
	q, err := newQuestion(c, env, host, o)
	if err != nil {
		return identity{}, err
	}
	var chosen rule
	for _, r := range rules {
		if r.when(q) {
			chosen = r
			break
		}
	}
	id, err := chosen.then(q)
	if err != nil {
		return identity{}, err
	}
	id.rule, id.why = chosen.number, chosen.why
	if id.lacksTenant() {
		id.why += "; the server names its tenant"
	}
	if q.engine == dsn.SQLServer && id.token() && q.user+o.User != "" {
		id.warnings = append(id.warnings, unusedUser)
	}
	if id.kind.managed() || chosen.number == 4 {
		return land(id, q)
	}
	return id, nil
}

func always(*question) bool { return true }

// word holds when the connection asks for the method by word, and all further
// conditions hold too.
func word(m dsn.Method, also ...func(*question) bool) func(*question) bool {
	return func(q *question) bool {
		if q.ids.Method != m {
			return false
		}
		for _, holds := range also {
			if !holds(q) {
				return false
			}
		}
		return true
	}
}

// just is the identity of a kind that needs nothing else.
func just(kind IdentityKind) func(*question) (identity, error) {
	return func(*question) (identity, error) { return identity{kind: kind}, nil }
}

// developer is who is signed in with a tool, in the connection's tenant or else
// the tool's own.
func developer(kind IdentityKind) func(*question) (identity, error) {
	return func(q *question) (identity, error) {
		return identity{kind: kind, tenantID: q.tenant()}, nil
	}
}

// person is somebody who signs in through the application that the connection
// names, or else through Microsoft's own for developers.
func person(kind IdentityKind) func(*question) (identity, error) {
	return func(q *question) (identity, error) {
		return identity{kind: kind, clientID: q.ids.ClientID, tenantID: q.tenant()}, nil
	}
}
