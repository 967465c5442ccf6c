package connector

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// TestNewSourceAsksNobody also shows that every kind that gets tokens has a
// credential: the transport fails the test when it is used.
func TestNewSourceAsksNobody(t *testing.T) {
	b := newBench(t)
	o := &Options{Transport: b.Transport(), Credential: &fixedCredential{}}
	for kind := SystemAssigned; kind <= OwnCredential; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			id := identity{kind: kind, tenantID: testTenant, secret: dsn.NewSecret("x"), tokenFile: "/f"}
			switch kind {
			case PasswordLogin:
				assert.False(t, id.token())
				return
			case ServicePrincipalCertificate:
				id.certificatePath = t.TempDir() + "/c.pem"
				rsaFile(t, id.certificatePath)
			}
			if kind != SystemAssigned {
				id.clientID = testClient
			}
			s, err := newSource(id, b.cloudInfo(), o)
			require.NoError(t, err)
			assert.Equal(t, id.kind, s.as(s.chosen).kind)
			assert.True(t, id.token())
			assert.Equal(t, kind == Interactive || kind == DeviceCode, id.onDemand())
		})
	}
	assert.Empty(t, b.Requests())
}

func TestWhoAnsweredIsReadWhileFetching(t *testing.T) {
	b := newBench(t)
	b.onLaptop(b.InstallAzureCLI)
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
					assert.NotEmpty(t, s.as(s.chosen).String())
				}
			}
		})
	}
	b.fetch(s, false, developer)
	close(done)
	readers.Wait()
}
