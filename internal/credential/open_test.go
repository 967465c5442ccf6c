package credential

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestWhoMustSignInHasFiveMinutes(t *testing.T) {
	for kind := passwordless.SystemAssigned; kind <= passwordless.CustomCredential; kind++ {
		byHand := kind == passwordless.Interactive || kind == passwordless.DeviceCode
		o := tokenOptions(identity.Identity{Kind: kind}, &passwordless.Options{})
		assert.Equal(t, byHand, o.OnDemand, kind)
		want := time.Duration(0) // the cache's own default
		if byHand {
			want = 5 * time.Minute
		}
		assert.Equal(t, want, o.RequestTimeout, kind)

		o = tokenOptions(identity.Identity{Kind: kind}, &passwordless.Options{RequestTimeout: time.Minute, StartupWindow: time.Hour})
		assert.Equal(t, time.Minute, o.RequestTimeout, "%s: the caller's own timeout", kind)
		assert.Equal(t, time.Hour, o.StartupWindow, kind)
		assert.NotNil(t, o.NotReady, kind)
	}
}

// sliceCredential cannot be compared.
type sliceCredential []string

func (sliceCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, nil
}

// holdingTransport can be compared or not, depending on what it holds.
type holdingTransport struct{ held any }

func (holdingTransport) Do(*http.Request) (*http.Response, error) { return nil, http.ErrNotSupported }

func TestSourceKeyEqual(t *testing.T) {
	cl := cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: connectortest.Authority}
	id := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: "ABCD", Secret: dsn.NewSecret("s")}
	one, ok := keyOf(id, cl, &passwordless.Options{})
	assert.True(t, ok)
	id.Secret, id.TenantID, id.Why = dsn.NewSecret("s"), "abcd", "another handle"
	other, ok := keyOf(id, cl, &passwordless.Options{User: "someone"})
	assert.True(t, ok)
	assert.Equal(t, one, other)
	assert.NotContains(t, fmt.Sprintf("%+v", one), `"s"`)
}

func TestSourceKeyDiffers(t *testing.T) {
	base := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("ab"), CertificatePassword: dsn.NewSecret("c")}
	cl := cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: connectortest.Authority}
	mine := &connectortest.FixedCredential{}
	for _, row := range []struct {
		name   string
		change func(*identity.Identity, *cloud.Cloud, *passwordless.Options)
	}{
		{"kind", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.Kind = passwordless.WorkloadIdentity
		}},
		{"client ID", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.ClientID = connectortest.OtherClient
		}},
		{"object ID", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.ObjectID = connectortest.OtherClient
		}},
		{"resource ID", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.ResourceID = "/x" }},
		{"tenant", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.TenantID = connectortest.OtherClient
		}},
		{"secret", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.Secret = dsn.NewSecret("x") }},
		{"the same letters divided otherwise", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.Secret, id.CertificatePassword = dsn.NewSecret("a"), dsn.NewSecret("bc")
		}},
		{"certificate", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.CertificatePath = "/x" }},
		{"token file", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.TokenFile = "/x" }},
		{"chain", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.SendChain = true }},
		{"probe", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) { id.Probe = true }},
		{"tools", func(id *identity.Identity, _ *cloud.Cloud, _ *passwordless.Options) {
			id.Tools = []passwordless.IdentityKind{passwordless.AzureCLI}
		}},
		{"scope", func(_ *identity.Identity, cl *cloud.Cloud, _ *passwordless.Options) {
			cl.Scope = connectortest.ScopeSQL
		}},
		{"authority", func(_ *identity.Identity, cl *cloud.Cloud, _ *passwordless.Options) {
			cl.Authority = connectortest.AuthorityUSGovernment
		}},
		{"transport", func(_ *identity.Identity, _ *cloud.Cloud, o *passwordless.Options) { o.Transport = &http.Client{} }},
		{"credential", func(id *identity.Identity, _ *cloud.Cloud, o *passwordless.Options) {
			id.Kind, o.Credential = passwordless.CustomCredential, mine
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			id, changed, o := base, cl, &passwordless.Options{}
			one, _ := keyOf(base, cl, o)
			row.change(&id, &changed, o)
			other, ok := keyOf(id, changed, o)
			assert.True(t, ok)
			assert.NotEqual(t, one, other)
			again, _ := keyOf(id, changed, o)
			assert.True(t, other == again, "a key can be compared with itself")
		})
	}
}

func TestSourceKeyNotShareable(t *testing.T) {
	for _, row := range []struct {
		name string
		id   identity.Identity
		o    *passwordless.Options
	}{
		{"credential", identity.Identity{Kind: passwordless.CustomCredential}, &passwordless.Options{Credential: sliceCredential{}}},
		{"transport", identity.Identity{Kind: passwordless.SystemAssigned}, &passwordless.Options{Transport: holdingTransport{[]string{"x"}}}},
		{"own probe that may be called", identity.Identity{Kind: passwordless.SystemAssigned, Probe: true}, &passwordless.Options{ProbeIMDS: func(context.Context) bool { return true }}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, ok := keyOf(row.id, cloud.Cloud{}, row.o)
			assert.False(t, ok)
		})
	}
	_, ok := keyOf(identity.Identity{Kind: passwordless.SystemAssigned}, cloud.Cloud{}, &passwordless.Options{Transport: holdingTransport{"x"}})
	assert.True(t, ok)
}
