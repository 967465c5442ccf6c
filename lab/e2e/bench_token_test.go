package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/token"
)

const ossrdbmsScope = azuretest.OSSRDBMSAudience + "/.default"

// BenchmarkCachedToken is what asking for a token costs while one is held: ours,
// azidentity's own cache, x/oauth2's, and the clock that each of them has to read.
func BenchmarkCachedToken(b *testing.B) {
	cloud := azuretest.New(b)
	azuretest.Setenv(b, cloud.AppServiceEnviron()...)
	for _, peer := range []struct {
		name string
		make func(*testing.B, *azuretest.Cloud) func(context.Context) error
	}{
		{"time.Now", benchClock},
		{"token.Cache", benchCache},
		{"connector.Handle.Login", benchLogin(dsn.PostgreSQL, "host=s.postgres.database.azure.com dbname=app user=app client_id=")},
		{"connector.Handle.Login, SQL Server", benchLogin(dsn.SQLServer, "server=s.database.windows.net;database=app;client_id=")},
		{"oauth2.ReuseTokenSource", benchReuse},
		{"azidentity.ManagedIdentityCredential", benchManagedIdentity},
		{"azidentity.ClientSecretCredential", benchClientSecret},
	} {
		get := peer.make(b, cloud)
		require.NoError(b, get(b.Context()))
		b.Run(peer.name+"/sequential", func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if err := get(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(peer.name+"/parallel", func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := get(ctx); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func benchClock(*testing.B, *azuretest.Cloud) func(context.Context) error {
	return func(context.Context) error {
		if time.Now().IsZero() {
			return context.DeadlineExceeded
		}
		return nil
	}
}

func benchCache(b *testing.B, cloud *azuretest.Cloud) func(context.Context) error {
	b.Helper()
	o := policy.TokenRequestOptions{Scopes: []string{ossrdbmsScope}}
	cred := newManagedIdentity(b, cloud)
	cache := token.New(func(ctx context.Context, _ bool) (azcore.AccessToken, error) { return cred.GetToken(ctx, o) }, nil)
	return func(ctx context.Context) error { _, err := cache.Token(ctx); return err }
}

func benchLogin(engine dsn.Engine, text string) func(*testing.B, *azuretest.Cloud) func(context.Context) error {
	return func(b *testing.B, cloud *azuretest.Cloud) func(context.Context) error {
		b.Helper()
		id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
		h, err := connector.Open(engine, text+id.ClientID, &passwordless.Options{Environ: func() []string { return nil }})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, h.Close()) })
		return func(ctx context.Context) error { _, err := h.Login(ctx); return err }
	}
}

func benchReuse(b *testing.B, cloud *azuretest.Cloud) func(context.Context) error {
	b.Helper()
	tok := cloud.Mint(azuretest.Identity{Name: "app"}, azuretest.OSSRDBMSAudience)
	source := oauth2.ReuseTokenSource(nil, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: tok, Expiry: time.Now().Add(time.Hour)}))
	return func(context.Context) error { _, err := source.Token(); return err }
}

func benchManagedIdentity(b *testing.B, cloud *azuretest.Cloud) func(context.Context) error {
	b.Helper()
	o := policy.TokenRequestOptions{Scopes: []string{ossrdbmsScope}}
	cred := newManagedIdentity(b, cloud)
	return func(ctx context.Context) error { _, err := cred.GetToken(ctx, o); return err }
}

func newManagedIdentity(b *testing.B, cloud *azuretest.Cloud) *azidentity.ManagedIdentityCredential {
	b.Helper()
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	cred, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(id.ClientID)})
	require.NoError(b, err)
	return cred
}

func benchClientSecret(b *testing.B, cloud *azuretest.Cloud) func(context.Context) error {
	b.Helper()
	id := cloud.AddServicePrincipal(azuretest.Identity{Name: "app", Secret: "a-secret-of-the-benchmark"})
	o := azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true}
	o.Transport = cloud.Transport()
	o.Cloud.ActiveDirectoryAuthorityHost = cloud.AuthorityHost()
	cred, err := azidentity.NewClientSecretCredential(cloud.TenantID(), id.ClientID, id.Secret, &o)
	require.NoError(b, err)
	scopes := policy.TokenRequestOptions{Scopes: []string{ossrdbmsScope}}
	return func(ctx context.Context) error { _, err := cred.GetToken(ctx, scopes); return err }
}
