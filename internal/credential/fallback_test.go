package credential

import (
	"context"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestLaptopFallsBackToTheAzureCLI(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: connectortest.Client})
	assert.Equal(t, passwordless.UserAssigned, s.As(s.chosen).Kind)
	assert.False(t, s.As(s.chosen).ReplacesUser())

	tok := b.fetch(s, false, developer)
	id := s.As(s.chosen)
	assert.Equal(t, passwordless.AzureCLI, id.Kind)
	assert.Equal(t, "developer sign-in", id.Rule)
	assert.True(t, id.ReplacesUser())
	assert.Contains(t, id.Why, "Azure CLI sign-in did")
	require.Len(t, id.Warnings, 1)
	assert.Contains(t, id.Warnings[0], connectortest.Client)
	assert.Equal(t, developer.Name, UserFromToken(tok.Token))

	b.fetch(s, true, developer)
	s.prober.wait(t.Context())
	assert.Greater(t, b.Seen(azuretest.IMDS), 1, "the probe is repeated")
}

func TestDeveloperToolsInOrder(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(azuretest.AzureCLI, azuretest.AzureDeveloperCLI, azuretest.AzurePowerShell)
	developer := b.SignIn(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureCLI, Status: 1})
	removeAZD := b.Inject(azuretest.Fault{Endpoint: azuretest.AzureDeveloperCLI, Status: 1})
	s := b.source(dsn.Identity{})
	b.fetch(s, false, developer)
	assert.Equal(t, passwordless.AzurePowerShell, s.As(s.chosen).Kind)

	removeAZD()
	b.fetch(s, false, developer)
	assert.Equal(t, passwordless.AzurePowerShell, s.As(s.chosen).Kind, "who answered first is asked from then on")
	assert.Equal(t, 1, b.Seen(azuretest.AzureDeveloperCLI))
}

func TestNothingSticksBeforeAToken(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(azuretest.AzureCLI, azuretest.AzureDeveloperCLI)
	s := b.source(dsn.Identity{ClientID: connectortest.Client})
	err := b.fails(s)
	assert.ErrorContains(t, err, "Azure CLI")
	assert.ErrorContains(t, err, "Azure Developer CLI")
	assert.ErrorContains(t, err, "sign in with az login")
	assert.Equal(t, "developer-sign-in", AdviceOf(err).Anchor)
	var joined toolsError
	require.ErrorAs(t, err, &joined)
	assert.Len(t, joined, 2)
	var cause *azidentity.AuthenticationFailedError
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, passwordless.UserAssigned, s.As(s.chosen).Kind)

	b.fetch(s, false, b.SignIn(azuretest.Identity{}))
	assert.Equal(t, passwordless.AzureCLI, s.As(s.chosen).Kind)
	s.prober.wait(t.Context())
	assert.GreaterOrEqual(t, b.Seen(azuretest.IMDS), 2, "one probe for each attempt")
}

func TestAzureIsKnownByIMDS(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	id := b.AddUserAssigned(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: id.ClientID})
	b.fetch(s, false, id)
	assert.Equal(t, passwordless.UserAssigned, s.As(s.chosen).Kind)
	assert.Zero(t, b.Seen(azuretest.AzureCLI))
}

func TestNoFallbackFromANamedIdentity(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	err := b.fails(b.source(dsn.Identity{ClientID: connectortest.Client}))
	assert.ErrorContains(t, err, "Identity not found")
	assert.Equal(t, "identity-not-found", AdviceOf(err).Anchor)
	assert.Zero(t, b.Seen(azuretest.AzureCLI))
}

func TestMachineWithoutIdentityGoesOnToTheTools(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	s := b.source(dsn.Identity{})
	err := b.fails(s)
	assert.ErrorContains(t, err, "system-assigned managed identity")
	assert.ErrorContains(t, err, "az login")

	developer := b.SignIn(azuretest.Identity{})
	b.fetch(s, false, developer)
	assert.Equal(t, passwordless.AzureCLI, s.As(s.chosen).Kind)
}

func TestProdForbidsTheTools(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{}, "AZURE_TOKEN_CREDENTIALS=prod")
	assert.ErrorContains(t, b.fails(s), "turn on the host's system-assigned identity")
	assert.Zero(t, b.Seen(azuretest.AzureCLI))
}

func TestDevAsksOnlyTheTools(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	b.Install(azuretest.AzureCLI, azuretest.AzureDeveloperCLI)
	developer := b.SignIn(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureCLI, Status: 1})
	s := b.source(dsn.Identity{ClientID: connectortest.Client}, "AZURE_TOKEN_CREDENTIALS=dev")
	b.fetch(s, false, developer)
	assert.Equal(t, passwordless.AzureDeveloperCLI, s.As(s.chosen).Kind)
	assert.True(t, s.As(s.chosen).ReplacesUser())
	assert.Zero(t, b.Seen(azuretest.AppService))
	assert.Zero(t, b.Seen(azuretest.IMDS))
}

func TestToolByMethod(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{Method: dsn.MethodAzureCLI})
	b.fetch(s, true, developer)
	assert.False(t, s.As(s.chosen).ReplacesUser(), "the connection itself asked for the developer")
	assert.Empty(t, s.As(s.chosen).Warnings)
}

func TestOwnProbe(t *testing.T) {
	b := newSourceBench(t)
	b.Install(azuretest.AzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	o := &passwordless.Options{Transport: b.Transport(), ProbeIMDS: func(context.Context) bool { return false }}
	id, err := identity.Choose(dsn.Config{Engine: dsn.PostgreSQL}, environ.Vars{}, identity.DetectHost(), o)
	require.NoError(t, err)
	s, err := New(id, b.cloudInfo(), o)
	require.NoError(t, err)
	b.fetch(s, false, developer)
	assert.Zero(t, b.Seen(azuretest.IMDS))
}

func TestProbeOfACancelledCaller(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Fetch(ctx, false)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, b.Seen(azuretest.AzureCLI), "a probe that was cut short says nothing")
}
