package connectortest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"
)

// FixedCredential is a credential of the caller's own.
type FixedCredential struct{ Token string }

func (c *FixedCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: c.Token}, nil
}

// Unsigned returns a token with the claims and a signature that is none.
func Unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

// TransportFunc is a transport made of a function.
type TransportFunc func(*http.Request) (*http.Response, error)

func (f TransportFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Respond is a transport that always answers the same.
func Respond(status int, body string) TransportFunc {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}
