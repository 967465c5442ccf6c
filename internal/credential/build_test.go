package credential

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
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
			id := identity.Identity{Kind: kind, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("x"), TokenFile: "/f"}
			switch kind {
			case passwordless.PasswordLogin:
				assert.False(t, id.Token())
				return
			case passwordless.ServicePrincipalCertificate:
				id.CertificatePath = t.TempDir() + "/c.pem"
				rsaFile(t, id.CertificatePath)
			}
			if kind != passwordless.SystemAssigned {
				id.ClientID = connectortest.Client
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
	b.OnLaptop(azuretest.AzureCLI)
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

// rsaFile writes a certificate with its key, as Microsoft Entra takes them, and
// returns its public part.
func rsaFile(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	certificate, key := rsaCertificate(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return certificate
}

func rsaCertificate(t *testing.T) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate, key
}

func TestServicePrincipalCertificate(t *testing.T) {
	b := newSourceBench(t)
	path := filepath.Join(t.TempDir(), "client.pem")
	id := b.AddServicePrincipal(azuretest.Identity{Certificate: rsaFile(t, path)})
	s := b.source(dsn.Identity{ClientID: id.ClientID, TenantID: id.TenantID, Method: dsn.MethodServicePrincipal},
		"AZURE_CLIENT_CERTIFICATE_PATH="+path)
	first := b.fetch(s, false, id)

	// The certificate is replaced on both sides: Microsoft Entra refuses the old
	// one, so it is read again.
	id.Certificate = rsaFile(t, path)
	b.AddServicePrincipal(id)
	assert.NotEqual(t, first.Token, b.fetch(s, true, id).Token)
}

func TestServicePrincipalCertificateIsReadAgain(t *testing.T) {
	b := newSourceBench(t)
	path := filepath.Join(t.TempDir(), "client.pem")
	id := b.AddServicePrincipal(azuretest.Identity{Certificate: rsaFile(t, path)})
	s := b.source(dsn.Identity{ClientID: id.ClientID, TenantID: id.TenantID, ClientCertificatePath: path})
	id.Certificate = rsaFile(t, path)
	b.AddServicePrincipal(id)
	b.fetch(s, false, id)
	assert.Equal(t, 2, b.TokenRequests(), "one refused, one with the new certificate")
}

func TestCertificateErrors(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	require.NoError(t, os.WriteFile(garbage, []byte("canary"), 0o600))
	for _, path := range []string{"/no/such/file", garbage} {
		id := identity.Identity{Kind: passwordless.ServicePrincipalCertificate, ClientID: connectortest.Client, TenantID: connectortest.Tenant, CertificateKey: "client_certificate_path", CertificatePath: path}
		_, err := New(id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: connectortest.Authority}, &passwordless.Options{})
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup)
		assert.Equal(t, "client_certificate_path", setup.Variable)
		connectortest.AssertClean(t, err, "canary")
	}
}

const codeMessage = "To sign in, open https://microsoft.com/devicelogin and enter the code ABC123"

// closedWriter is a stderr that no one reads.
type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestTheDeviceCodeIsShown(t *testing.T) {
	var shown bytes.Buffer
	message := azidentity.DeviceCodeMessage{UserCode: "ABC123", Message: codeMessage}
	require.NoError(t, promptTo(&shown)(t.Context(), message))
	assert.Equal(t, codeMessage+"\n", shown.String())
	require.ErrorIs(t, promptTo(closedWriter{})(t.Context(), message), os.ErrClosed)
}

// The prompt's writer is the process's stderr, so this test runs itself again to
// see both outputs.
func TestTheDeviceCodeGoesToStderr(t *testing.T) {
	const marker = "PASSWORDLESS_TEST_CHILD"
	if os.Getenv(marker) != "" {
		prompt := (&Source{}).deviceCodeOptions().UserPrompt
		require.NoError(t, prompt(t.Context(), azidentity.DeviceCodeMessage{Message: codeMessage}))
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program, "-test.run=^TestTheDeviceCodeGoesToStderr$")
	child.Env = append(os.Environ(), marker+"=1")
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	require.NoError(t, child.Run(), "%s%s", &stdout, &stderr)
	assert.Contains(t, stderr.String(), codeMessage)
	assert.NotContains(t, stdout.String(), "devicelogin")
}
