package credential

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
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
		id := identity.Identity{Kind: passwordless.ServicePrincipalCertificate, ClientID: connectortest.TestClient, TenantID: connectortest.TestTenant, CertificateKey: "client_certificate_path", CertificatePath: path}
		_, err := New(id, cloud.Info{Scope: connectortest.PublicOSS, Authority: connectortest.PublicAuth}, &passwordless.Options{})
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup)
		assert.Equal(t, "client_certificate_path", setup.Variable)
		connectortest.AssertClean(t, err, "canary")
	}
}
