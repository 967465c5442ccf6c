package connector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
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
func tokenErrorOf(t *testing.T, s string, o *Options) *TokenError {
	t.Helper()
	o.Environ = func() []string { return nil }
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=mydb user=app "+s, o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, h.Close()) }()
	_, err = h.Login(t.Context())
	tokenErr, ok := errors.AsType[*TokenError](err)
	require.True(t, ok, "%v", err)
	return tokenErr
}

func TestATokenForSomethingElseIsRefusedWithAHint(t *testing.T) {
	cloud := azuretest.New(t, nil)
	token := cloud.Mint(azuretest.Identity{}, azuretest.TokenOptions{Audience: "https://management.azure.com"})
	claims, err := cloud.Verify(token, "https://management.azure.com")
	require.NoError(t, err)
	e := tokenErrorOf(t, "", &Options{Credential: &constant{token: azcore.AccessToken{Token: token, ExpiresOn: claims.Expires}}})
	require.ErrorIs(t, e, errWrongAudience)
	assert.Equal(t, "token-not-accepted", e.Anchor)
	assert.Contains(t, e.Error(), e.Hint)
	assert.Contains(t, e.Error(), "https://management.azure.com")
	assert.NotContains(t, e.Error(), token[:20])
}

func TestAMissingToolIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e := tokenErrorOf(t, "authentication=ActiveDirectoryAzCli", &Options{})
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
		silent := transportFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		e := tokenErrorOf(t, "client_id=00000000-0000-4000-8000-0000000000fe", &Options{Transport: &silent})
		require.ErrorIs(t, e, context.DeadlineExceeded)
		assert.Equal(t, "identity-endpoint", e.Anchor)
		assert.Contains(t, e.Error(), e.Hint)
	})
}

func TestTokenErrorTemporary(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	answered := func(kind IdentityKind, status int) error {
		return fmt.Errorf("token: %w", &identityError{identity: identity{kind: kind}, status: status, hidden: errors.New("answer")})
	}
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"throttled":                   {answered(SystemAssigned, 429), true},
		"issuer fails":                {answered(ServicePrincipal, 503), true},
		"endpoint being updated":      {answered(UserAssigned, 410), true},
		"endpoint not ready":          {answered(SystemAssigned, 404), true},
		"authority has no such path":  {answered(ServicePrincipal, 404), false},
		"no such identity":            {answered(UserAssigned, 400), false},
		"wrong secret":                {answered(ServicePrincipal, 401), false},
		"forbidden":                   {answered(SystemAssigned, 403), false},
		"answer, then the time is up": {fmt.Errorf("%w: %w", context.DeadlineExceeded, answered(ServicePrincipal, 400)), false},
		"no answer in time":           {fmt.Errorf("token: no answer within 30s: %w", context.DeadlineExceeded), true},
		"nothing listens":             {&identityError{causes: []error{refused}, hidden: errors.New("refused")}, true},
		"custom credential throttled": {&identityError{hidden: &azcore.ResponseError{StatusCode: 429}}, true},
		"custom credential refused":   {&identityError{hidden: &azcore.ResponseError{StatusCode: 401}}, false},
		"cancelled":                   {context.Canceled, false},
		"names no user":               {errNoUser, false},
		"developer not signed in":     {toolsError{answered(SystemAssigned, 400), &identityError{hidden: errors.New("az login")}}, false},
	} {
		assert.Equal(t, row.want, isTemporary(row.err), name)
	}
}
