package credential

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// TestNewSourceMakesNoRequest also shows that every kind that gets tokens has a
// credential: the transport fails the test when it is used.
func TestNewSourceMakesNoRequest(t *testing.T) {
	b := newSourceBench(t)
	o := &passwordless.Options{Transport: b.Transport(), Credential: &connectortest.FixedCredential{}}
	for kind := passwordless.SystemAssigned; kind <= passwordless.CustomCredential; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			id := identity.Identity{Kind: kind, TenantID: connectortest.TestTenant, Secret: dsn.NewSecret("x"), TokenFile: "/f"}
			switch kind {
			case passwordless.PasswordLogin:
				assert.False(t, id.Token())
				return
			case passwordless.ServicePrincipalCertificate:
				id.CertificatePath = t.TempDir() + "/c.pem"
				rsaFile(t, id.CertificatePath)
			}
			if kind != passwordless.SystemAssigned {
				id.ClientID = connectortest.TestClient
			}
			s, err := New(id, b.cloudInfo(), o)
			require.NoError(t, err)
			assert.Equal(t, id.Kind, s.As(s.chosen).Kind)
			assert.True(t, id.Token())
			assert.Equal(t, kind == passwordless.Interactive || kind == passwordless.DeviceCode, id.OnDemand())
		})
	}
	assert.Empty(t, b.Requests())
}

func TestWhoAnsweredIsReadWhileFetching(t *testing.T) {
	b := newSourceBench(t)
	b.OnLaptop(b.InstallAzureCLI)
	developer := b.SignIn(azuretest.Identity{})
	s := b.source(dsn.Identity{})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					assert.NotEmpty(t, s.As(s.chosen).String())
					runtime.Gosched() // azidentity waits 0.1 s for what az prints
				}
			}
		})
	}
	b.fetch(s, false, developer)
	close(done)
	readers.Wait()
}
