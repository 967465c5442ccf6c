package connector

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// transportFunc is a transport made of a function.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// respond is a transport that always answers the same.
func respond(status int, body string) transportFunc {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

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
	response, err := identityClient().Post(server.URL, "text/plain", strings.NewReader("client_secret=canary"))
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
		{"throttled", 429, "", true},
		{"failing", 500, "", true},
		{"unavailable", 503, "", true},
		{"not found, as in other clouds", 404, "{}", false},
		{"unauthorized, as in other clouds", 401, "", false},
		{"Docker Desktop's proxy", 403, "connecting to 169.254.169.254:80: a socket operation was attempted to an unreachable network", false},
		{"a page", 200, "{}", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent *http.Request
			got := probeIMDS(t.Context(), transportFunc(func(r *http.Request) (*http.Response, error) {
				sent = r
				return respond(row.status, row.body)(r)
			}))
			assert.Equal(t, row.azure, got)
			assert.Equal(t, http.MethodGet, sent.Method)
			assert.Equal(t, imdsTokenURL, sent.URL.String())
			assert.Empty(t, sent.Header, "the Metadata header would make it a token request")
		})
	}
	assert.False(t, probeIMDS(t.Context(), transportFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF })))
}

func TestProbeTakesAtMostASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := transportFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		})
		s, err := newSource(identity{kind: SystemAssigned, probe: true}, cloudInfo{scope: publicOSS, authority: publicAuth}, &Options{Transport: hang})
		require.NoError(t, err)
		start := time.Now()
		assert.False(t, s.inAzure(t.Context()))
		assert.Equal(t, time.Second, time.Since(start))
	})
}
