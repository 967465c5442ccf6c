package credential

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestManagedIdentity(t *testing.T) {
	b := newSourceBench(t)
	system := b.AddSystemAssigned(azuretest.Identity{})
	byClient, byObject, byResource := b.AddUserAssigned(azuretest.Identity{}), b.AddUserAssigned(azuretest.Identity{}), b.AddUserAssigned(azuretest.Identity{})
	for _, row := range []struct {
		name  string
		id    dsn.Identity
		whose azuretest.Identity
	}{
		{"system-assigned", dsn.Identity{}, system},
		{"client ID", dsn.Identity{ClientID: byClient.ClientID}, byClient},
		{"object ID", dsn.Identity{ObjectID: byObject.ObjectID}, byObject},
		{"resource ID", dsn.Identity{ResourceID: byResource.ResourceID}, byResource},
	} {
		t.Run("App Service, "+row.name, func(t *testing.T) {
			azuretest.Setenv(t, b.AppServiceEnviron()...)
			t.Setenv("AZURE_CLIENT_ID", connectortest.OtherClient)
			b.fetch(b.source(row.id), false, row.whose)
		})
		t.Run("IMDS, "+row.name, func(t *testing.T) {
			b.fetch(b.source(row.id), true, row.whose)
		})
	}
}

func TestManagedIdentityFreshPassesTheCache(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: id.ClientID})
	first := b.fetch(s, false, id)
	assert.Equal(t, first.Token, b.fetch(s, false, id).Token)
	assert.Equal(t, 1, b.TokenRequests())
	assert.NotEqual(t, first.Token, b.fetch(s, true, id).Token)
	assert.Equal(t, 2, b.TokenRequests())
}

func TestServicePrincipalSecret(t *testing.T) {
	b := newSourceBench(t)
	id := b.AddServicePrincipal(azuretest.Identity{Secret: "canary-s3cret"})
	s := b.source(dsn.Identity{ClientID: id.ClientID, TenantID: id.TenantID, ClientSecret: dsn.NewSecret(id.Secret)})
	first := b.fetch(s, false, id)
	assert.Equal(t, first.Token, b.fetch(s, false, id).Token)
	assert.NotEqual(t, first.Token, b.fetch(s, true, id).Token)
	assert.Equal(t, 2, b.TokenRequests())
	for _, r := range b.Requests() {
		assert.NotContains(t, r.Path, "discovery/instance", "the authority is not Microsoft's")
	}
}

func TestWorkloadIdentity(t *testing.T) {
	b := newSourceBench(t)
	id := b.AddUserAssigned(azuretest.Identity{})
	environ, err := b.WorkloadEnviron(t.TempDir(), id)
	require.NoError(t, err)
	s := b.source(dsn.Identity{ClientID: id.ClientID}, environ...)
	assert.Equal(t, passwordless.WorkloadIdentity, s.As(s.chosen).Kind)
	first := b.fetch(s, false, id)
	assert.NotEqual(t, first.Token, b.fetch(s, true, id).Token)
}

func TestWorkloadIdentityReadsARotatedTokenAgain(t *testing.T) {
	b := newSourceBench(t)
	id := b.AddUserAssigned(azuretest.Identity{TokenLifetime: time.Minute})
	environ, err := b.WorkloadEnviron(t.TempDir(), id)
	require.NoError(t, err)
	_, file, _ := strings.Cut(environ[0], "=")
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	expired, err := b.FederatedToken(id, -time.Minute)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(file, []byte(expired), 0o600))
	s := b.source(dsn.Identity{ClientID: id.ClientID}, environ...)
	assert.ErrorContains(t, b.fails(s, string(good)), "AZURE_FEDERATED_TOKEN_FILE")
	require.NoError(t, os.WriteFile(file, good, 0o600))
	b.fetch(s, false, id)
}

func TestOwnCredential(t *testing.T) {
	mine := &connectortest.FixedCredential{Token: "mine"}
	s, err := New(identity.Identity{Kind: passwordless.CustomCredential}, cloud.Cloud{Scope: connectortest.ScopeOSS}, &passwordless.Options{Credential: mine})
	require.NoError(t, err)
	tok, err := s.Fetch(t.Context(), true)
	require.NoError(t, err)
	assert.Equal(t, "mine", tok.Token)

	mine.Token = ""
	_, err = s.Fetch(t.Context(), false)
	require.ErrorContains(t, err, "holds no token")
}

func TestContextEndsAreVisible(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: id.ClientID})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AppService, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := s.Fetch(ctx, false)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.False(t, notReady(err))

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = s.Fetch(ctx, false)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNotReady(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	s := b.source(dsn.Identity{ClientID: id.ClientID})

	remove := b.Inject(azuretest.Fault{Endpoint: azuretest.AppService, Status: 404})
	assert.True(t, notReady(b.fails(s)), "404")
	remove()
	remove = b.Inject(azuretest.Fault{Endpoint: azuretest.AppService, Status: 400})
	assert.False(t, notReady(b.fails(s)), "400")
	remove()

	restart, err := b.StopIdentityEndpoint()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // azidentity's own retries take seconds
	defer cancel()
	_, err = s.Fetch(ctx, false)
	require.Error(t, err)
	assert.True(t, notReady(err), "connection refused: %v", err)
	require.NoError(t, restart())
	b.fetch(s, false, id)
}

// A host that takes no object IDs is asked for the client ID alone.
func TestAHostWithoutObjectIDs(t *testing.T) {
	b := newSourceBench(t)
	t.Setenv("MSI_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("MSI_SECRET", "x")
	s, err := New(identity.Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.ClientA, EitherID: true}, b.cloudInfo(), &passwordless.Options{Transport: b.Transport()})
	require.NoError(t, err)
	assert.Nil(t, s.object)
}

// A request that outlived its cache may overlap with one of the next cache.
func TestASourceMayBeAskedTwiceAtOnce(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{})
	var asked sync.WaitGroup
	for range 4 {
		asked.Go(func() {
			_, err := s.Fetch(t.Context(), true)
			assert.NoError(t, err)
		})
	}
	asked.Wait()
	assert.Equal(t, passwordless.AzureCLI, s.As(s.chosen).Kind)
}

// What fails for another reason than the ID settles nothing.
func TestSQLUserWhenTheSecondQuestionFails(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	b.Inject(azuretest.Fault{Status: 400, Times: 1})
	b.Inject(azuretest.Fault{Status: 403, Times: 1})
	chosen := identity.Identity{Kind: passwordless.UserAssigned, ClientID: id.ObjectID, EitherID: true}
	s, err := New(chosen, b.cloudInfo(), &passwordless.Options{Transport: b.Transport()})
	require.NoError(t, err)
	_, err = s.Fetch(t.Context(), false)
	require.ErrorContains(t, err, "HTTP 403")
	assert.False(t, s.byObject.Load())
	b.fetch(s, false, id)
	assert.True(t, s.byObject.Load())
	assert.Equal(t, id.ObjectID, s.As(chosen).ObjectID)
}
