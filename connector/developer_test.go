package connector

import (
	"context"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// seen counts the requests to an endpoint.
func (b *bench) seen(e azuretest.Endpoint) (n int) {
	for _, r := range b.Requests() {
		if r.Endpoint == e {
			n++
		}
	}
	return n
}

func TestLaptopFallsBackToTheAzureCLI(t *testing.T) {
	b := newBench(t)
	b.onLaptop(b.InstallAzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: testClient})
	assert.Equal(t, UserAssigned, s.as(s.chosen).kind)
	assert.False(t, s.as(s.chosen).replacesUser())

	tok := b.fetch(s, false, developer)
	id := s.as(s.chosen)
	assert.Equal(t, AzureCLI, id.kind)
	assert.Equal(t, ruleDeveloper, id.rule)
	assert.True(t, id.replacesUser())
	assert.Contains(t, id.why, "Azure CLI sign-in did")
	require.Len(t, id.warnings, 1)
	assert.Contains(t, id.warnings[0], testClient)
	assert.Equal(t, developer.Name, userFromToken(tok.Token))

	b.fetch(s, true, developer)
	s.prober.wait(t.Context())
	assert.Greater(t, b.seen(azuretest.IMDS), 1, "the probe is repeated")
}

func TestDeveloperToolsInOrder(t *testing.T) {
	b := newBench(t)
	b.onLaptop(b.InstallAzureCLI, b.InstallAzureDeveloperCLI, b.InstallPowerShell)
	developer := b.SignIn(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureCLI, Status: 1})
	removeAZD := b.Inject(azuretest.Fault{Endpoint: azuretest.AzureDeveloperCLI, Status: 1})
	s := b.source(dsn.Identity{})
	b.fetch(s, false, developer)
	assert.Equal(t, AzurePowerShell, s.as(s.chosen).kind)

	removeAZD()
	b.fetch(s, false, developer)
	assert.Equal(t, AzurePowerShell, s.as(s.chosen).kind, "who answered first is asked from then on")
	assert.Equal(t, 1, b.seen(azuretest.AzureDeveloperCLI))
}

func TestNothingSticksBeforeAToken(t *testing.T) {
	b := newBench(t)
	b.onLaptop(b.InstallAzureCLI, b.InstallAzureDeveloperCLI)
	s := b.source(dsn.Identity{ClientID: testClient})
	err := b.fails(s)
	assert.ErrorContains(t, err, "Azure CLI")
	assert.ErrorContains(t, err, "Azure Developer CLI")
	assert.ErrorContains(t, err, "sign in with az login")
	assert.Equal(t, "developer-sign-in", adviceOf(err).Anchor)
	var joined toolsError
	require.ErrorAs(t, err, &joined)
	assert.Len(t, joined, 2)
	var cause *azidentity.AuthenticationFailedError
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, UserAssigned, s.as(s.chosen).kind)

	b.fetch(s, false, b.SignIn(azuretest.Identity{}))
	assert.Equal(t, AzureCLI, s.as(s.chosen).kind)
	s.prober.wait(t.Context())
	assert.GreaterOrEqual(t, b.seen(azuretest.IMDS), 2, "one probe for each attempt")
}

func TestAzureIsKnownByIMDS(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	b.SignIn(azuretest.Identity{})
	id := b.AddUserAssigned(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: id.ClientID})
	b.fetch(s, false, id)
	assert.Equal(t, UserAssigned, s.as(s.chosen).kind)
	assert.Zero(t, b.seen(azuretest.AzureCLI))
}

func TestNoFallbackFromANamedIdentity(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	b.SignIn(azuretest.Identity{})
	err := b.fails(b.source(dsn.Identity{ClientID: testClient}))
	assert.ErrorContains(t, err, "Identity not found")
	assert.Equal(t, "identity-not-found", adviceOf(err).Anchor)
	assert.Zero(t, b.seen(azuretest.AzureCLI))
}

func TestMachineWithoutIdentityGoesOnToTheTools(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	s := b.source(dsn.Identity{})
	err := b.fails(s)
	assert.ErrorContains(t, err, "system-assigned managed identity")
	assert.ErrorContains(t, err, "az login")

	developer := b.SignIn(azuretest.Identity{})
	b.fetch(s, false, developer)
	assert.Equal(t, AzureCLI, s.as(s.chosen).kind)
}

func TestProdForbidsTheTools(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{}, "AZURE_TOKEN_CREDENTIALS=prod")
	assert.ErrorContains(t, b.fails(s), "turn on the host's system-assigned identity")
	assert.Zero(t, b.seen(azuretest.AzureCLI))
}

func TestDevAsksOnlyTheTools(t *testing.T) {
	b := newBench(t)
	b.onAppService()
	b.install(b.InstallAzureCLI, b.InstallAzureDeveloperCLI)
	developer := b.SignIn(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureCLI, Status: 1})
	s := b.source(dsn.Identity{ClientID: testClient}, "AZURE_TOKEN_CREDENTIALS=dev")
	b.fetch(s, false, developer)
	assert.Equal(t, AzureDeveloperCLI, s.as(s.chosen).kind)
	assert.True(t, s.as(s.chosen).replacesUser())
	assert.Zero(t, b.seen(azuretest.AppService))
	assert.Zero(t, b.seen(azuretest.IMDS))
}

func TestToolByMethod(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{Method: dsn.MethodAzureCLI})
	b.fetch(s, true, developer)
	assert.False(t, s.as(s.chosen).replacesUser(), "the connection itself asked for the developer")
	assert.Empty(t, s.as(s.chosen).warnings)
}

func TestOwnProbe(t *testing.T) {
	b := newBench(t)
	b.install(b.InstallAzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	o := &Options{Transport: b.Transport(), ProbeIMDS: func(context.Context) bool { return false }}
	id, err := choose(dsn.Config{Engine: dsn.PostgreSQL}, variables{}, detectHost(), o)
	require.NoError(t, err)
	s, err := newSource(id, b.cloudInfo(), o)
	require.NoError(t, err)
	b.fetch(s, false, developer)
	assert.Zero(t, b.seen(azuretest.IMDS))
}

func TestProbeOfACancelledCaller(t *testing.T) {
	b := newBench(t)
	b.onLaptop(b.InstallAzureCLI)
	b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.fetch(ctx, false)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, b.seen(azuretest.AzureCLI), "a probe that was cut short says nothing")
}
