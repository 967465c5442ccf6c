package credential

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/connectortest"
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
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	response, err := HTTPClient().Post(server.URL, "text/plain", strings.NewReader("client_secret=canary"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusTemporaryRedirect, response.StatusCode)
	assert.Equal(t, 1, asked)
}

func TestProbeIMDS(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		body   string
		azure  bool
	}{
		{"the missing header refused", 400, `{"error":"invalid_request","error_description":"Required metadata header not specified"}`, true},
		{"400 by something else", 400, "<html>Bad Request</html>", false},
		{"throttled", 429, `{"error":"too_many_requests","error_description":"Temporarily throttled, too many requests"}`, true},
		{"failing", 500, `{"error":"unknown","error_description":"Failed to retrieve token from the Active directory."}`, true},
		{"being updated", 404, `{ "error": "Not found. Invalid version requested" }`, true},
		{"being updated, with 410", 410, `{"error":"gone"}`, true},
		{"a gateway's failure", 502, "<html>Bad Gateway</html>", false},
		{"a proxy's failure", 503, "", false},
		{"a page of another web server", 404, "<html>Not Found</html>", false},
		{"another service's document", 404, `{"code":"NotFound","message":"no such path"}`, false},
		{"another shape of error", 404, `{"error":{"code":404,"message":"not found"}}`, false},
		{"a captive portal", 200, "<html>Sign in to the network</html>", false},
		{"a captive portal's redirect", 302, "", false},
		{"not found, as in other clouds", 404, "{}", false},
		{"unauthorized, as in other clouds", 401, "", false},
		{"Docker Desktop's proxy", 403, "connecting to 169.254.169.254:80: a socket operation was attempted to an unreachable network", false},
		{"a page", 200, "{}", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent *http.Request
			got := probeIMDS(t.Context(), connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				sent = r
				return connectortest.Respond(row.status, row.body)(r)
			}))
			assert.Equal(t, row.azure, got.answered, got.Text)
			assert.Contains(t, got.Text, fmt.Sprintf("HTTP %d", row.status))
			assert.Equal(t, http.MethodGet, sent.Method)
			assert.Equal(t, imdsTokenURL, sent.URL.String())
			assert.Empty(t, sent.Header, "the Metadata header would make it a token request")
		})
	}
	got := probeIMDS(t.Context(), connectortest.TransportFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF }))
	assert.Equal(t, probeOutcome{Text: "no answer: EOF"}, got)
}

// Microsoft's service signs its responses, whatever their status and body.
func TestProbeKnowsTheServerHeader(t *testing.T) {
	for server, azure := range map[string]bool{
		"IMDS/150.870.65.1854": true, "imds/1": true, "IMDS": false, "EC2ws": false, "Metadata Server for VM": false, "": false,
	} {
		for _, status := range []int{200, 400, 404, 410, 429, 500, 503} {
			got := probeIMDS(t.Context(), connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				response, err := connectortest.Respond(status, "")(r)
				response.Header = http.Header{"Server": {server}}
				return response, err
			}))
			assert.Equal(t, azure, got.answered, "%s %d", server, status)
		}
	}
}
