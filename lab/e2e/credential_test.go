package e2e_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// minted is a program's own credential. It gives its tokens in turn, and the last one again and again.
type minted struct {
	tokens  []string
	expires time.Time     // when it says that they expire; if zero, in an hour
	life    time.Duration // or this long after each was given
	err     error         // given instead of a token
	panics  any           // likewise

	mu    sync.Mutex
	asked int
}

func (m *minted) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	expires := m.expires
	switch {
	case m.life > 0:
		expires = time.Now().Add(m.life)
	case expires.IsZero():
		expires = time.Now().Add(time.Hour)
	}
	if m.panics != nil {
		panic(m.panics)
	}
	if m.err != nil {
		return azcore.AccessToken{}, m.err
	}
	return azcore.AccessToken{Token: m.tokens[min(m.asked, len(m.tokens))-1], ExpiresOn: expires}, nil
}

// times is how often it was asked.
func (m *minted) times() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// signedIn puts developer tools, by default az, on PATH, and a new developer with a role signs in with them.
func (s *stage) signedIn(t *testing.T, tools ...azuretest.Endpoint) azuretest.Identity {
	t.Helper()
	dir := t.TempDir()
	if len(tools) == 0 {
		tools = append(tools, azuretest.AzureCLI)
	}
	for _, tool := range tools {
		require.NoError(t, s.InstallTool(tool, dir))
	}
	t.Setenv("PATH", dir)
	t.Setenv("HOST_SYS", dir) // no machine in Azure, wherever the test runs
	t.Cleanup(s.SignOut)
	return s.admit(t, s.SignIn(azuretest.Identity{}))
}

// certified is a new service principal with a certificate, and the file with certificate and key. The key is RSA:
// MSAL takes no other.
func (s *stage) certified(t *testing.T) (azuretest.Identity, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	content := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	file := filepath.Join(t.TempDir(), "app.pem")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return s.admit(t, s.AddServicePrincipal(azuretest.Identity{Certificate: leaf})), file
}
