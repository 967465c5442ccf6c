package e2e_test

import (
	"net/url"
	"testing"

	"github.com/azuredb/passwordless/azuretest"
)

// key is a key for the identity as the engine's own strings have it.
func (b *bench) key(name, value string) string {
	if b.engine == &mySQL {
		value = url.QueryEscape(value)
	}
	return name + "=" + value
}

// mint is a token for the engine's servers.
func (b *bench) mint(id azuretest.Identity) string { return b.Mint(id, b.audience) }

// clientID is the variable of that name.
func (b *bench) clientID(id azuretest.Identity) string { return b.site().clientID(id) }

func TestEngineManagedIdentityLogsIn(t *testing.T)           { requireEngineLogins(t, managedIdentities) }
func TestEngineVirtualMachineLogsInByIMDS(t *testing.T)      { requireEngineLogins(t, virtualMachines) }
func TestEngineServicePrincipalLogsIn(t *testing.T)          { requireEngineLogins(t, servicePrincipals) }
func TestEngineWorkloadIdentityLogsIn(t *testing.T)          { requireEngineLogins(t, workloadIdentities) }
func TestEngineDeveloperToolLogsInWhenAskedFor(t *testing.T) { requireEngineLogins(t, developers) }
func TestEngineOwnCredentialLogsIn(t *testing.T)             { requireEngineLogins(t, ownCredentials) }
func TestEngineTokenNamesTheUser(t *testing.T)               { requireEngineLogins(t, namedByTokens) }

// requireEngineLogins runs each case on each engine.
func requireEngineLogins(t *testing.T, cases []identityCase) {
	t.Helper()
	onEach(t, func(t *testing.T, b *bench) { b.requireLogins(t, cases) })
}

// requireLogins runs each case through two databases.
func (b *bench) requireLogins(t *testing.T, cases []identityCase) {
	t.Helper()
	x := b.site()
	x.requireLogins(t, cases, func(t *testing.T, set setting) { x.requireUser(t, set.role, x.open(t, set.text, set.options)) })
}
