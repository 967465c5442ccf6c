package credential

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestUserFromToken(t *testing.T) {
	const resource = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orders-app"
	for _, row := range []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"managed identity", map[string]any{"xms_mirid": resource, "upn": "u@x", "appid": connectortest.Client}, "orders-app"},
		{"upn", map[string]any{"upn": "dev@contoso.com", "preferred_username": "p", "unique_name": "n"}, "dev@contoso.com"},
		{"preferred_username", map[string]any{"preferred_username": "p@contoso.com", "unique_name": "n"}, "p@contoso.com"},
		{"unique_name", map[string]any{"unique_name": "guest@contoso.com"}, "guest@contoso.com"},
		{"guest", map[string]any{"unique_name": "live.com#ann@outlook.com"}, ""},
		{"guest of another tenant", map[string]any{"unique_name": "https://sts.windows.net/x/#ann@fabrikam.com", "preferred_username": "ann@fabrikam.com"}, ""},
		{"guest with user principal name", map[string]any{"upn": "ann_outlook.com#EXT#@contoso.onmicrosoft.com"}, ""},
		{"service principal", map[string]any{"appid": connectortest.Client, "oid": connectortest.OtherClient}, ""},
		{"a claim of another type", map[string]any{"upn": []string{"x"}, "unique_name": "n"}, "n"},
		{"resource ID without a name", map[string]any{"xms_mirid": "/subscriptions/", "upn": "u"}, "u"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, UserFromToken(connectortest.Unsigned(t, row.claims))) })
	}
}

func TestUserFromTokenToleratesGarbage(t *testing.T) {
	for _, token := range []string{"", "opaque", "a.b", "a.b.c", "a.!!!.c", "a.e30.c", "a.W10.c", "a.bnVsbA.c", "....", "a.e30=.c"} {
		assert.Empty(t, UserFromToken(token), token)
	}
}

func TestCheckAudience(t *testing.T) {
	for _, row := range []struct {
		name, audience, scope string
		refused               bool
	}{
		{"its own", "https://ossrdbms-aad.database.windows.net", connectortest.ScopeOSS, false},
		{"SQL's without a slash", "https://database.windows.net", connectortest.ScopeSQL, false},
		{"SQL's for a scope with two", "https://database.windows.net/", "https://database.windows.net//.default", false},
		{"SQL's of another cloud", "https://database.usgovcloudapi.net/", connectortest.ScopeSQL, true},
		{"PostgreSQL's for SQL", "https://ossrdbms-aad.database.windows.net", connectortest.ScopeSQL, true},
		{"its own with a slash", "https://database.windows.net/", connectortest.ScopeSQL, false},
		{"a GUID", connectortest.Client, connectortest.ScopeOSS, false},
		{"none", "", connectortest.ScopeOSS, false},
		{"an unknown URL", "https://example.com", connectortest.ScopeOSS, false},
		{"another engine's", "https://database.windows.net/", connectortest.ScopeOSS, true},
		{"another cloud's", "https://ossrdbms-aad.database.usgovcloudapi.net", connectortest.ScopeOSS, true},
		{"Azure Resource Manager's", "https://management.azure.com/", connectortest.ScopeOSS, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			token := connectortest.Unsigned(t, map[string]any{"aud": row.audience})
			err := checkAudience(token, row.scope)
			if !row.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrWrongAudience)
			assert.NotContains(t, err.Error(), token)
		})
	}
	require.NoError(t, checkAudience("opaque", connectortest.ScopeOSS))
	require.NoError(t, checkAudience(connectortest.Unsigned(t, map[string]any{"aud": []string{"https://management.azure.com"}}), connectortest.ScopeOSS))
}

func TestDescribeToken(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.SignIn(azuretest.Identity{Name: "ann@contoso.com"})
	expired := id
	expired.TokenLifetime = -time.Hour
	expires := time.Now().Add(-time.Hour)
	for name, row := range map[string]struct {
		token string
		want  []string
	}{
		"valid": {cloud.Mint(id, "https://vault.azure.net"),
			[]string{"for https://vault.azure.net", "expires at ", "of tenant " + cloud.TenantID(), id.ObjectID, "named ann@contoso.com"}},
		"expired": {cloud.Mint(expired, "a"),
			[]string{"expired at " + expires.UTC().Format("2006-01-02T15:04:")}},
	} {
		t.Run(name, func(t *testing.T) {
			text := DescribeToken(row.token)
			for _, part := range row.want {
				assert.Contains(t, text, part)
			}
			assert.NotContains(t, text, row.token[:16])
		})
	}
	for _, none := range []string{"", "a", "a.b.c", "eyJhbGciOiJub25lIn0.e30.c"} {
		assert.Equal(t, "not a JSON Web Token of Microsoft Entra's", DescribeToken(none))
	}
}
