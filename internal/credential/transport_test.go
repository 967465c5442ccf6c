package credential

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProxyNeverForLinkLocal(t *testing.T) {
	for _, address := range []string{imdsTokenURL, "http://169.254.130.2:8081/msi/token", "http://[fe80::1]/x", "http://[::ffff:169.254.169.254]/x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		proxy, err := proxyFor(r)
		require.NoError(t, err)
		assert.Nil(t, proxy, address)
	}
}

func TestIdentityClientDoesNotFollowRedirects(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path == "/" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	response, err := httpClient().Post(server.URL, "text/plain", strings.NewReader("client_secret=canary"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusTemporaryRedirect, response.StatusCode)
	assert.Equal(t, 1, asked)
}

// net/http reads the proxy variables once in a process, so this test runs itself again in one that has them.
func TestProxyOfTheEnvironment(t *testing.T) {
	const marker, proxy = "PASSWORDLESS_TEST_CHILD", "http://127.0.0.1:9"
	if os.Getenv(marker) == "" {
		program, err := os.Executable()
		require.NoError(t, err)
		child := exec.CommandContext(t.Context(), program, "-test.run=^TestProxyOfTheEnvironment$")
		child.Env = append(os.Environ(), marker+"=1", "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=", "no_proxy=", "REQUEST_METHOD=")
		out, err := child.CombinedOutput()
		require.NoError(t, err, string(out))
		return
	}
	for address, want := range map[string]string{
		imdsTokenURL:                          "",
		"http://169.254.130.2:8081/msi/token": "",
		"http://[fe80::1]/x":                  "",
		"http://[::ffff:169.254.169.254]/x":   "",
		"https://login.microsoftonline.com/x": proxy,
		"https://169.254.169.254/x":           "",
		"http://10.0.0.1/x":                   "",
		"http://identity.example.com:4141/x":  "",
	} {
		got, err := httpClient().Transport.(*http.Transport).Proxy(httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
		require.NoError(t, err)
		if want == "" {
			assert.Nil(t, got, address)
			continue
		}
		if assert.NotNil(t, got, address) {
			assert.Equal(t, want, got.String(), address)
		}
	}
}
