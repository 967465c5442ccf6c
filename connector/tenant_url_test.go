package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTenantInSTSURL(t *testing.T) {
	const us, custom, path = "https://login.microsoftonline.us/", "https://127.0.0.1:4431/", "https://sts.example.com/adfs/"
	for _, row := range []struct{ name, authority, url, want string }{
		{"the authority itself", publicAuth, "https://login.microsoftonline.com/" + testTenant, testTenant},
		{"as Azure SQL writes it", publicAuth, "https://login.windows.net/" + testTenant, testTenant},
		{"another alias", publicAuth, "https://sts.windows.net/" + testTenant + "/", testTenant},
		{"a domain", publicAuth, "https://login.windows.net/contoso.onmicrosoft.com", "contoso.onmicrosoft.com"},
		{"with a path below", publicAuth, "https://login.windows.net/" + testTenant + "/oauth2/authorize", testTenant},
		{"case and port", publicAuth, "HTTPS://Login.Windows.NET:443/" + testTenant, testTenant},
		{"US Government", us, "https://login.usgovcloudapi.net/" + testTenant, testTenant},
		{"China", "https://login.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/" + testTenant, testTenant},
		{"a custom authority", custom, "https://127.0.0.1:4431/" + testTenant, testTenant},
		{"a custom authority with a path", path, "https://sts.example.com/adfs/" + testTenant, testTenant},

		{"http", publicAuth, "http://login.windows.net/" + testTenant, ""},
		{"no scheme", publicAuth, "login.windows.net/" + testTenant, ""},
		{"empty", publicAuth, "", ""},
		{"no tenant", publicAuth, "https://login.windows.net/", ""},
		{"no path", publicAuth, "https://login.windows.net", ""},
		{"another host", publicAuth, "https://login.example.com/" + testTenant, ""},
		{"a host that begins alike", publicAuth, "https://login.windows.net.example.com/" + testTenant, ""},
		{"a host that ends alike", publicAuth, "https://evil-login.windows.net/" + testTenant, ""},
		{"final dot", publicAuth, "https://login.windows.net./" + testTenant, ""},
		{"another port", publicAuth, "https://login.windows.net:8443/" + testTenant, ""},
		{"userinfo", publicAuth, "https://login.windows.net@evil.example.com/" + testTenant, ""},
		{"userinfo before the right host", publicAuth, "https://canary:canary@login.windows.net/" + testTenant, ""},
		{"another cloud", publicAuth, us + testTenant, ""},
		{"the public cloud from another", us, "https://login.windows.net/" + testTenant, ""},
		{"a cloud without aliases", "https://login.sovcloud-identity.fr/", "https://login.sovcloud-identity.de/" + testTenant, ""},
		{"a custom authority is only itself", custom, "https://login.microsoftonline.com/" + testTenant, ""},
		{"the public cloud's is not a custom one", publicAuth, custom + testTenant, ""},
		{"a custom authority's other port", custom, "https://127.0.0.1/" + testTenant, ""},
		{"beside a custom authority's path", path, "https://sts.example.com/" + testTenant, ""},
		{"common", publicAuth, "https://login.windows.net/common", ""},
		{"a query", publicAuth, "https://login.windows.net/" + testTenant + "?x=canary", ""},
		{"a fragment", publicAuth, "https://login.windows.net/" + testTenant + "#canary", ""},
		{"up and away", publicAuth, "https://login.windows.net/" + testTenant + "/../" + testOther, ""},
		{"dots", publicAuth, "https://login.windows.net/../" + testTenant, ""},
		{"an escape", publicAuth, "https://login.windows.net/" + testTenant + "%2f..%2f" + testOther, ""},
		{"two slashes", publicAuth, "https://login.windows.net//" + testTenant, ""},
		{"a backslash", publicAuth, `https://login.windows.net\@evil.example.com/` + testTenant, ""},
		{"a space", publicAuth, "https://login.windows.net/con toso.com", ""},
		{"a line break", publicAuth, "https://login.windows.net/contoso.com\n", ""},
		{"an empty label", publicAuth, "https://login.windows.net/contoso..com", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := cloudInfo{authority: row.authority}.tenantIn(row.url)
			assert.Equal(t, row.want, got)
			if row.want != "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assertClean(t, err, "canary", testTenant)
		})
	}
}
