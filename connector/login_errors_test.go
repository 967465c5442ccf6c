package connector

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/credential"
)

// constant is a credential that always returns the same answer.
type constant struct {
	token azcore.AccessToken
	err   error
}

func (c *constant) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return c.token, c.err
}

// tokenErrorOf is the error of a login with the options.
func tokenErrorOf(t *testing.T, s string, o *passwordless.Options) *passwordless.TokenError {
	t.Helper()
	o.Environ = func() []string { return nil }
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=mydb user=app "+s, o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, h.Close()) }()
	_, err = h.Login(t.Context())
	tokenErr, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	return tokenErr
}

func TestATokenForSomethingElseIsRefusedWithAHint(t *testing.T) {
	cloud := azuretest.New(t)
	token := cloud.Mint(azuretest.Identity{}, "https://management.azure.com")
	claims, err := cloud.Verify(token, "https://management.azure.com")
	require.NoError(t, err)
	e := tokenErrorOf(t, "", &passwordless.Options{Credential: &constant{token: azcore.AccessToken{Token: token, ExpiresOn: claims.Expires}}})
	require.ErrorIs(t, e, credential.ErrWrongAudience)
	assert.Equal(t, "token-not-accepted", e.Anchor)
	assert.Contains(t, e.Error(), e.Hint)
	assert.Contains(t, e.Error(), "https://management.azure.com")
	assert.NotContains(t, e.Error(), token[:20])
}

func TestAMissingToolIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	own := &passwordless.Options{Transport: new(http.Client)} // shares no token cache, which would give others this failure for a second
	e := tokenErrorOf(t, "authentication=ActiveDirectoryAzCli", own)
	assert.Equal(t, "developer-sign-in", e.Anchor)
	assert.Contains(t, e.Error(), "Azure CLI sign-in: ")
	assert.Contains(t, e.Error(), e.Hint)
}

func TestAnIdentityEndpointThatDoesNotAnswer(t *testing.T) {
	for _, marker := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT"} {
		t.Setenv(marker, "")
	}
	t.Setenv("PATH", t.TempDir()) // no developer's tools: nothing probes
	synctest.Test(t, func(t *testing.T) {
		silent := connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		e := tokenErrorOf(t, "client_id=00000000-0000-4000-8000-0000000000fe", &passwordless.Options{Transport: &silent})
		require.ErrorIs(t, e, context.DeadlineExceeded)
		assert.Equal(t, "identity-endpoint", e.Anchor)
		assert.Contains(t, e.Error(), e.Hint)
	})
}

func TestARefusalSaysWhatTheTokenIs(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	_, err := s.connect(t, h, Classification{Refused: true})
	require.ErrorContains(t, err, "; the token is for "+azuretest.OSSRDBMSAudience+", expires at ")
	assert.ErrorContains(t, err, a.identity.ObjectID)
	_, err = s.connect(t, h, Classification{})
	require.NotContains(t, err.Error(), "the token is", "the server did not judge it")
}

func TestAUserThatIsNotNamedIsATokenError(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{})
	nameless := &constant{token: azcore.AccessToken{Token: "opaque", ExpiresOn: time.Now().Add(time.Hour)}}
	a.environ[1] = "AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb"
	h := a.open(t, func(o *passwordless.Options) { o.Credential = nameless })
	_, err := h.Login(t.Context())
	tokenErr, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "missing-user", tokenErr.Anchor)
	assert.Empty(t, tokenErr.User)
	assert.EqualError(t, err, "postgresql: login to "+testHost+`:5432 database "mydb" with credential from Options: `+
		"the connection names no database user, and neither does the token: set user= in the connection string, or Options.User (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#missing-user)")
}
