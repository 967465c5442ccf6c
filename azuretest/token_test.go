package azuretest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

func TestVerify(t *testing.T) {
	cloud := azuretest.New(t)
	other := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	good := cloud.Mint(id, azuretest.OSSRDBMSAudience)
	header, rest, _ := strings.Cut(good, ".")
	payload, _, _ := strings.Cut(rest, ".")
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"aud": azuretest.OSSRDBMSAudience})
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	symmetric, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{}).SignedString([]byte("key"))
	require.NoError(t, err)
	mint := func(id azuretest.Identity) string { return cloud.Mint(id, azuretest.OSSRDBMSAudience) }
	claims := func(key string, value any) string { return mint(frontendtest.Claiming(id, key, value)) }
	tests := map[string]struct {
		token string
		want  error
	}{
		"good":                        {good, nil},
		"final slash":                 {cloud.Mint(id, azuretest.OSSRDBMSAudience+"/"), nil},
		"valid until the next second": {mint(frontendtest.Living(id, 30*time.Second)), nil},
		"expired":                     {mint(frontendtest.Living(frontendtest.Claiming(id, "iat", time.Now().Add(-2*time.Hour).Unix()), -time.Hour)), tokenerr.ErrExpired},
		"expired before it was made":  {mint(frontendtest.Living(id, -time.Second)), tokenerr.ErrExpired},
		"not yet valid":               {mint(frontendtest.NotYetValid(id)), tokenerr.ErrNotYetValid},
		"for SQL Server":              {cloud.Mint(id, azuretest.SQLAudience), tokenerr.ErrAudience},
		"foreign key":                 {frontendtest.Forged(good), tokenerr.ErrSignature},
		"another cloud's":             {other.Mint(other.AddUserAssigned(id), azuretest.OSSRDBMSAudience), tokenerr.ErrSignature},
		"cut signature":               {header + "." + payload + ".AAAA", tokenerr.ErrSignature},
		"algorithm none":              {unsigned, tokenerr.ErrSignature},
		"symmetric algorithm":         {symmetric, tokenerr.ErrSignature},
		"foreign issuer":              {claims("iss", "https://sts.windows.net/x/"), tokenerr.ErrIssuer},
		"unknown tenant":              {claims("tid", "x"), tokenerr.ErrIssuer},
		"no expiry":                   {claims("exp", nil), tokenerr.ErrMalformed},
		"no not-before":               {claims("nbf", nil), tokenerr.ErrMalformed},
		"no object id":                {claims("oid", nil), tokenerr.ErrMalformed},
		"two audiences":               {claims("aud", []string{azuretest.OSSRDBMSAudience, "x"}), tokenerr.ErrMalformed},
		"no JWT":                      {"canary", tokenerr.ErrMalformed},
		"empty":                       {"", tokenerr.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := cloud.Verify(tt.token, azuretest.OSSRDBMSAudience)
			if tt.want == nil {
				require.NoError(t, err)
				assert.Equal(t, []string{"app"}, got.Names)
				return
			}
			require.ErrorIs(t, err, tt.want)
			assert.NotContains(t, err.Error(), "eyJ")
			assert.NotContains(t, err.Error(), "canary")
			assert.Zero(t, got)
		})
	}
}

func TestExpireTokens(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{})
	old := cloud.Mint(id, azuretest.SQLAudience)
	cloud.ExpireTokens()
	_, err := cloud.Verify(old, azuretest.SQLAudience)
	require.ErrorIs(t, err, tokenerr.ErrExpired)
	_, err = cloud.Verify(cloud.Mint(id, azuretest.SQLAudience), azuretest.SQLAudience)
	require.NoError(t, err)
}

func TestFederatedTokenIsNoAccessToken(t *testing.T) {
	cloud := azuretest.New(t)
	token, err := cloud.FederatedToken(cloud.AddUserAssigned(azuretest.Identity{}), time.Hour)
	require.NoError(t, err)
	_, err = cloud.Verify(token, "api://AzureADTokenExchange")
	assert.ErrorIs(t, err, tokenerr.ErrMalformed)
}

// issuedAt is when a token says it was issued.
func issuedAt(t *testing.T, token string) time.Time {
	t.Helper()
	issued, err := payload(t, token).GetIssuedAt()
	require.NoError(t, err)
	return issued.Time
}

// payload reads a token's claims without checking them.
func payload(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(token, claims)
	require.NoError(t, err)
	return claims
}

func TestClaims(t *testing.T) {
	cloud := azuretest.New(t)
	tests := map[string]struct {
		id           azuretest.Identity
		idtyp        string
		with, absent []string
	}{
		"system-assigned":   {cloud.AddSystemAssigned(azuretest.Identity{}), "app", []string{"xms_mirid", "appid"}, []string{"upn", "name"}},
		"user-assigned":     {cloud.AddUserAssigned(azuretest.Identity{}), "app", []string{"xms_mirid", "appid"}, []string{"upn", "name"}},
		"service principal": {cloud.AddServicePrincipal(azuretest.Identity{}), "app", []string{"appid"}, []string{"upn", "name", "xms_mirid"}},
		"user":              {cloud.SignIn(azuretest.Identity{}), "user", []string{"upn", "unique_name", "preferred_username", "name", "scp"}, []string{"xms_mirid"}},
		"own claims": {cloud.AddUserAssigned(azuretest.Identity{Claims: map[string]any{"groups": []string{"g"}, "xms_mirid": nil}}),
			"app", []string{"groups"}, []string{"xms_mirid"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			token := cloud.Mint(tt.id, azuretest.OSSRDBMSAudience)
			claims := payload(t, token)
			for _, key := range append(tt.with, "aud", "iss", "iat", "nbf", "exp", "oid", "tid", "sub", "uti", "ver", "idtyp") {
				assert.Contains(t, claims, key)
			}
			for _, key := range tt.absent {
				assert.NotContains(t, claims, key)
			}
			assert.Equal(t, tt.idtyp, claims["idtyp"])
			assert.Equal(t, tt.id.ObjectID, claims["oid"])
			assert.Equal(t, "https://sts.windows.net/"+cloud.TenantID()+"/", claims["iss"])
			assert.NotEqual(t, token, cloud.Mint(tt.id, azuretest.OSSRDBMSAudience), "uti differs")
		})
	}
}

func TestNames(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app", Claims: map[string]any{"upn": "app@contoso.com"}})
	claims, err := cloud.Verify(cloud.Mint(id, azuretest.OSSRDBMSAudience), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	tests := map[string]struct {
		user string
		want bool
	}{
		"registered name": {"app", true},
		"sign-in name":    {"app@contoso.com", true},
		"other case":      {"App", false},
		"other name":      {"app2", false},
		"empty":           {"", false},
		"object id":       {id.ObjectID, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, slices.Contains(claims.Names, tt.user)) })
	}
	stranger := azuretest.Identity{ObjectID: "11111111-2222-3333-4444-555555555555", Claims: map[string]any{"unique_name": "x@contoso.com"}}
	claims, err = cloud.Verify(cloud.Mint(stranger, azuretest.OSSRDBMSAudience), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	assert.Equal(t, []string{"x@contoso.com"}, claims.Names, "no one is registered with this object id")
}

func TestMintSizeAndNonsense(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{})
	for _, size := range []int{2000, 4096, 16384, 65000} {
		token := cloud.Mint(frontendtest.Padded(id, size), azuretest.OSSRDBMSAudience)
		assert.GreaterOrEqual(t, len(token), size)
		_, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
		assert.NoError(t, err)
	}
	assert.Less(t, len(cloud.Mint(id, azuretest.OSSRDBMSAudience)), 1500)
	assert.Empty(t, cloud.Mint(frontendtest.Claiming(id, "x", func() {}), azuretest.OSSRDBMSAudience))
}
