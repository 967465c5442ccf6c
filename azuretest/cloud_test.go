package azuretest_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

const scope = azuretest.OSSRDBMSAudience + "/.default"

// ask requests a database token with a credential of azidentity's.
func ask(t *testing.T, credential azcore.TokenCredential, err error) (azcore.AccessToken, error) {
	t.Helper()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
}

// oneTry makes azcore report a failing endpoint at once.
var oneTry = policy.RetryOptions{MaxRetries: -1}

// clientOptions lead azidentity to the cloud's IMDS and authority.
func clientOptions(c *azuretest.Cloud) azcore.ClientOptions {
	o := azcore.ClientOptions{Transport: c.Transport(), Retry: oneTry}
	o.Cloud.ActiveDirectoryAuthorityHost = c.AuthorityHost()
	return o
}

// verified checks that a token is the identity's and lives as long as it says.
func verified(t *testing.T, c *azuretest.Cloud, tok azcore.AccessToken, id azuretest.Identity) azuretest.Claims {
	t.Helper()
	claims, err := c.Verify(tok.Token, azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	assert.Equal(t, id.ObjectID, claims.ObjectID)
	assert.Equal(t, id.TenantID, claims.TenantID)
	assert.Contains(t, claims.Names, id.Name)
	assert.WithinDuration(t, claims.Expires, tok.ExpiresOn, 2*time.Second)
	return claims
}

func get(t *testing.T, client *http.Client, url string, header ...string) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestTransportReachesOnlyTheCloud(t *testing.T) {
	cloud := azuretest.New(t)
	// A listener that would answer: the refusal must come before any connection.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	accepted := make(chan struct{})
	go func() {
		if conn, err := listener.Accept(); err == nil {
			conn.Close()
			close(accepted)
		}
	}()
	tests := map[string]string{
		"another loopback port":   "http://" + listener.Addr().String() + "/",
		"https on the plain port": "https://" + strings.TrimPrefix(endpoint(cloud), "http://"),
		"Entra itself":            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		"IMDS with a port":        "http://169.254.169.254:80/metadata",
		"a public host":           "https://example.com/",
	}
	for name, url := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := get(t, cloud.Transport(), url)
			assert.ErrorContains(t, err, "reaches only the test cloud")
		})
	}
	select {
	case <-accepted:
		t.Error("a connection was made")
	default:
	}
	assert.Empty(t, cloud.Requests())
}

// endpoint returns the cloud's IDENTITY_ENDPOINT.
func endpoint(c *azuretest.Cloud) string {
	return strings.TrimPrefix(c.AppServiceEnviron()[0], "IDENTITY_ENDPOINT=")
}

func TestStopAndRestartIdentityEndpoint(t *testing.T) {
	cloud := azuretest.New(t)
	url := endpoint(cloud)
	status, _, err := get(t, cloud.Transport(), url)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, status)

	restart, err := cloud.StopIdentityEndpoint()
	require.NoError(t, err)
	_, err = cloud.StopIdentityEndpoint()
	require.NoError(t, err, "twice")
	_, _, err = get(t, cloud.Transport(), url)
	assert.ErrorContains(t, err, "connection refused")

	require.NoError(t, restart())
	require.NoError(t, restart(), "twice")
	assert.Equal(t, url, endpoint(cloud))
	_, _, err = get(t, cloud.Transport(), url)
	assert.NoError(t, err)
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	require.NoError(t, cloud.InstallTool(azuretest.AzureCLI, t.TempDir()))
	cloud.Inject(azuretest.Fault{Delay: time.Hour})
	hung := make(chan error, 1)
	go func() {
		_, _, err := get(t, cloud.Transport(), endpoint(cloud))
		hung <- err
	}()
	require.Eventually(t, func() bool { return len(cloud.Requests()) == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, cloud.Close())
	require.NoError(t, cloud.Close(), "twice")
	assert.Error(t, <-hung, "a hanging request ends with the cloud")
	files, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, files)
	assert.Eventually(t, func() bool {
		return !strings.Contains(stacks(), "passwordless/azuretest.") && !strings.Contains(stacks(), "net/http.")
	},
		5*time.Second, time.Millisecond)
	assert.Error(t, cloud.InstallTool(azuretest.AzureCLI, t.TempDir()))
}

// stacks returns what every goroutine does.
func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

func TestCA(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	_, err = ca.Issue()
	require.Error(t, err)
	certificate, err := ca.Issue("db.example", "127.0.0.1")
	require.NoError(t, err)
	require.Len(t, certificate.Certificate, 2)

	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, ca.WriteFile(file))
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	block, rest := pem.Decode(written)
	require.NotNil(t, block)
	assert.Empty(t, rest)
	assert.Equal(t, ca.Certificate().Raw, block.Bytes)
	assert.True(t, ca.Certificate().IsCA)

	for _, name := range []string{"db.example", "127.0.0.1"} {
		_, err = certificate.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: name})
		assert.NoError(t, err)
	}
	_, err = certificate.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: "other.example"})
	assert.Error(t, err)
}

func TestOwnResources(t *testing.T) {
	cloud := azuretest.New(t, "api://orders/")
	assert.Same(t, cloud.Transport(), cloud.Transport())
	cloud.AddSystemAssigned(azuretest.Identity{})
	for resource, want := range map[string]int{"api://orders": http.StatusOK, "api://other": http.StatusBadRequest} {
		status, _, err := get(t, cloud.Transport(),
			"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="+resource, "Metadata", "true")
		require.NoError(t, err)
		assert.Equal(t, want, status, resource)
	}
}

// failing records what New tells a test that cannot go on.
type failing struct {
	testing.TB
	fatal   bool
	cleanup func()
}

func (f *failing) Helper()               {}
func (f *failing) Fatalf(string, ...any) { f.fatal = true }
func (f *failing) Cleanup(fn func())     { f.cleanup = fn }

func TestNewClosesWithTheTest(t *testing.T) {
	tb := &failing{}
	cloud := azuretest.New(tb)
	require.False(t, tb.fatal)
	tb.cleanup()
	_, _, err := get(t, cloud.Transport(), endpoint(cloud))
	assert.Error(t, err)
}
