package connector

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
)

// sliceCredential cannot be compared.
type sliceCredential []string

func (sliceCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, nil
}

// holdingTransport can be compared or not, depending on what it holds.
type holdingTransport struct{ held any }

func (holdingTransport) Do(*http.Request) (*http.Response, error) { return nil, http.ErrNotSupported }

func TestSourceKeyEqual(t *testing.T) {
	cl := cloudInfo{scope: publicOSS, authority: publicAuth}
	id := identity{kind: ServicePrincipal, clientID: testClient, tenantID: "ABCD", secret: dsn.NewSecret("s")}
	one, ok := sourceKey(id, cl, &Options{})
	assert.True(t, ok)
	id.secret, id.tenantID, id.why = dsn.NewSecret("s"), "abcd", "another handle"
	other, ok := sourceKey(id, cl, &Options{User: "someone"})
	assert.True(t, ok)
	assert.Equal(t, one, other)
	assert.NotContains(t, fmt.Sprintf("%+v", one), `"s"`)
}

func TestSourceKeyDiffers(t *testing.T) {
	base := identity{kind: ServicePrincipal, clientID: testClient, tenantID: testTenant, secret: dsn.NewSecret("ab"), certificatePassword: dsn.NewSecret("c")}
	cl := cloudInfo{scope: publicOSS, authority: publicAuth}
	mine := &fixedCredential{}
	for _, row := range []struct {
		name   string
		change func(*identity, *cloudInfo, *Options)
	}{
		{"kind", func(id *identity, _ *cloudInfo, _ *Options) { id.kind = WorkloadIdentity }},
		{"client ID", func(id *identity, _ *cloudInfo, _ *Options) { id.clientID = testOther }},
		{"object ID", func(id *identity, _ *cloudInfo, _ *Options) { id.objectID = testOther }},
		{"resource ID", func(id *identity, _ *cloudInfo, _ *Options) { id.resourceID = "/x" }},
		{"tenant", func(id *identity, _ *cloudInfo, _ *Options) { id.tenantID = testOther }},
		{"secret", func(id *identity, _ *cloudInfo, _ *Options) { id.secret = dsn.NewSecret("x") }},
		{"the same letters divided otherwise", func(id *identity, _ *cloudInfo, _ *Options) {
			id.secret, id.certificatePassword = dsn.NewSecret("a"), dsn.NewSecret("bc")
		}},
		{"certificate", func(id *identity, _ *cloudInfo, _ *Options) { id.certificatePath = "/x" }},
		{"token file", func(id *identity, _ *cloudInfo, _ *Options) { id.tokenFile = "/x" }},
		{"chain", func(id *identity, _ *cloudInfo, _ *Options) { id.sendChain = true }},
		{"probe", func(id *identity, _ *cloudInfo, _ *Options) { id.probe = true }},
		{"tools", func(id *identity, _ *cloudInfo, _ *Options) { id.tools = []IdentityKind{AzureCLI} }},
		{"scope", func(_ *identity, cl *cloudInfo, _ *Options) { cl.scope = publicSQL }},
		{"authority", func(_ *identity, cl *cloudInfo, _ *Options) { cl.authority = usAuth }},
		{"transport", func(_ *identity, _ *cloudInfo, o *Options) { o.Transport = &http.Client{} }},
		{"credential", func(id *identity, _ *cloudInfo, o *Options) { id.kind, o.Credential = OwnCredential, mine }},
	} {
		t.Run(row.name, func(t *testing.T) {
			id, changed, o := base, cl, &Options{}
			one, _ := sourceKey(base, cl, o)
			row.change(&id, &changed, o)
			other, ok := sourceKey(id, changed, o)
			assert.True(t, ok)
			assert.NotEqual(t, one, other)
			again, _ := sourceKey(id, changed, o)
			assert.True(t, other == again, "a key can be compared with itself")
		})
	}
}

func TestSourceKeyNotShareable(t *testing.T) {
	for _, row := range []struct {
		name string
		id   identity
		o    *Options
	}{
		{"credential", identity{kind: OwnCredential}, &Options{Credential: sliceCredential{}}},
		{"transport", identity{kind: SystemAssigned}, &Options{Transport: holdingTransport{[]string{"x"}}}},
		{"own probe that may be called", identity{kind: SystemAssigned, probe: true}, &Options{ProbeIMDS: func(context.Context) bool { return true }}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, ok := sourceKey(row.id, cloudInfo{}, row.o)
			assert.False(t, ok)
		})
	}
	_, ok := sourceKey(identity{kind: SystemAssigned}, cloudInfo{}, &Options{Transport: holdingTransport{"x"}})
	assert.True(t, ok)
}
