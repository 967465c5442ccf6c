package azuretest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestVerify(t *testing.T) {
	cloud := azuretest.New(t, nil)
	other := azuretest.New(t, nil)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	good := cloud.Mint(id, azuretest.TokenOptions{})
	header, rest, _ := strings.Cut(good, ".")
	payload, _, _ := strings.Cut(rest, ".")
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"aud": azuretest.OSSRDBMSAudience})
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	symmetric, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{}).SignedString([]byte("key"))
	require.NoError(t, err)
	with := func(o azuretest.TokenOptions) string { return cloud.Mint(id, o) }
	claims := func(key string, value any) string {
		return with(azuretest.TokenOptions{Claims: map[string]any{key: value}})
	}
	tests := map[string]struct {
		token string
		want  error
	}{
		"good":                        {good, nil},
		"final slash":                 {with(azuretest.TokenOptions{Audience: azuretest.OSSRDBMSAudience + "/"}), nil},
		"valid until the next second": {with(azuretest.TokenOptions{IssuedAt: time.Now().Add(-time.Hour), Lifetime: time.Hour + 30*time.Second}), nil},
		"expired":                     {with(azuretest.TokenOptions{IssuedAt: time.Now().Add(-2 * time.Hour), Lifetime: time.Hour}), azuretest.ErrExpired},
		"expired before it was made":  {with(azuretest.TokenOptions{Lifetime: -time.Second}), azuretest.ErrExpired},
		"not yet valid":               {with(azuretest.TokenOptions{IssuedAt: time.Now().Add(time.Hour)}), azuretest.ErrNotYetValid},
		"for SQL Server":              {with(azuretest.TokenOptions{Audience: azuretest.SQLAudience}), azuretest.ErrAudience},
		"foreign key":                 {with(azuretest.TokenOptions{ForeignKey: true}), azuretest.ErrSignature},
		"another cloud's":             {other.Mint(other.AddUserAssigned(id), azuretest.TokenOptions{}), azuretest.ErrSignature},
		"cut signature":               {header + "." + payload + ".AAAA", azuretest.ErrSignature},
		"algorithm none":              {unsigned, azuretest.ErrSignature},
		"symmetric algorithm":         {symmetric, azuretest.ErrSignature},
		"foreign issuer":              {claims("iss", "https://sts.windows.net/x/"), azuretest.ErrIssuer},
		"unknown tenant":              {claims("tid", "x"), azuretest.ErrIssuer},
		"no expiry":                   {claims("exp", nil), azuretest.ErrMalformed},
		"no not-before":               {claims("nbf", nil), azuretest.ErrMalformed},
		"no object id":                {claims("oid", nil), azuretest.ErrMalformed},
		"two audiences":               {claims("aud", []string{azuretest.OSSRDBMSAudience, "x"}), azuretest.ErrMalformed},
		"no JWT":                      {"canary", azuretest.ErrMalformed},
		"empty":                       {"", azuretest.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := cloud.Verify(tt.token, azuretest.OSSRDBMSAudience)
			if tt.want == nil {
				require.NoError(t, err)
				assert.Equal(t, "app", got.Name)
				return
			}
			require.ErrorIs(t, err, tt.want)
			assert.NotContains(t, err.Error(), "eyJ")
			assert.NotContains(t, err.Error(), "canary")
			assert.Zero(t, got)
		})
	}
}

func TestFederatedTokenIsNoAccessToken(t *testing.T) {
	cloud := azuretest.New(t, nil)
	token, err := cloud.FederatedToken(cloud.AddUserAssigned(azuretest.Identity{}), time.Hour)
	require.NoError(t, err)
	_, err = cloud.Verify(token, "api://AzureADTokenExchange")
	assert.ErrorIs(t, err, azuretest.ErrMalformed)
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
	cloud := azuretest.New(t, nil)
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
			token := cloud.Mint(tt.id, azuretest.TokenOptions{})
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
			assert.NotEqual(t, token, cloud.Mint(tt.id, azuretest.TokenOptions{}), "uti differs")
		})
	}
}

func TestMatches(t *testing.T) {
	cloud := azuretest.New(t, nil)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app", Claims: map[string]any{"upn": "app@contoso.com"}})
	claims, err := cloud.Verify(cloud.Mint(id, azuretest.TokenOptions{}), azuretest.OSSRDBMSAudience)
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
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, claims.Matches(tt.user)) })
	}
	stranger := azuretest.Identity{ObjectID: "11111111-2222-3333-4444-555555555555", Claims: map[string]any{"unique_name": "x@contoso.com"}}
	claims, err = cloud.Verify(cloud.Mint(stranger, azuretest.TokenOptions{}), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	assert.Equal(t, "x@contoso.com", claims.Name, "nobody is registered with this object id")
	assert.False(t, azuretest.Claims{}.Matches(""))
}

func TestMintSizeAndNonsense(t *testing.T) {
	cloud := azuretest.New(t, nil)
	id := cloud.AddUserAssigned(azuretest.Identity{})
	for _, size := range []int{2000, 4096, 16384, 65000} {
		token := cloud.Mint(id, azuretest.TokenOptions{Size: size})
		assert.GreaterOrEqual(t, len(token), size)
		assert.LessOrEqual(t, len(token), size+3)
		_, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
		assert.NoError(t, err)
	}
	assert.Less(t, len(cloud.Mint(id, azuretest.TokenOptions{Size: 1})), 1500)
	assert.Empty(t, cloud.Mint(id, azuretest.TokenOptions{Claims: map[string]any{"x": func() {}}}))
}
