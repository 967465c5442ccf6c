package cloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestTenantInSTSURL(t *testing.T) {
	const us, custom, path = "https://login.microsoftonline.us/", "https://127.0.0.1:4431/", "https://sts.example.com/adfs/"
	for _, row := range []struct{ name, authority, url, want string }{
		{"the authority itself", connectortest.PublicAuth, "https://login.microsoftonline.com/" + connectortest.TestTenant, connectortest.TestTenant},
		{"as Azure SQL writes it", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant, connectortest.TestTenant},
		{"another alias", connectortest.PublicAuth, "https://sts.windows.net/" + connectortest.TestTenant + "/", connectortest.TestTenant},
		{"a domain", connectortest.PublicAuth, "https://login.windows.net/contoso.onmicrosoft.com", "contoso.onmicrosoft.com"},
		{"with a path below", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant + "/oauth2/authorize", connectortest.TestTenant},
		{"case and port", connectortest.PublicAuth, "HTTPS://Login.Windows.NET:443/" + connectortest.TestTenant, connectortest.TestTenant},
		{"US Government", us, "https://login.usgovcloudapi.net/" + connectortest.TestTenant, connectortest.TestTenant},
		{"China", "https://login.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/" + connectortest.TestTenant, connectortest.TestTenant},
		{"a custom authority", custom, "https://127.0.0.1:4431/" + connectortest.TestTenant, connectortest.TestTenant},
		{"a custom authority with a path", path, "https://sts.example.com/adfs/" + connectortest.TestTenant, connectortest.TestTenant},

		{"http", connectortest.PublicAuth, "http://login.windows.net/" + connectortest.TestTenant, ""},
		{"no scheme", connectortest.PublicAuth, "login.windows.net/" + connectortest.TestTenant, ""},
		{"empty", connectortest.PublicAuth, "", ""},
		{"no tenant", connectortest.PublicAuth, "https://login.windows.net/", ""},
		{"no path", connectortest.PublicAuth, "https://login.windows.net", ""},
		{"another host", connectortest.PublicAuth, "https://login.example.com/" + connectortest.TestTenant, ""},
		{"a host that begins alike", connectortest.PublicAuth, "https://login.windows.net.example.com/" + connectortest.TestTenant, ""},
		{"a host that ends alike", connectortest.PublicAuth, "https://evil-login.windows.net/" + connectortest.TestTenant, ""},
		{"final dot", connectortest.PublicAuth, "https://login.windows.net./" + connectortest.TestTenant, ""},
		{"another port", connectortest.PublicAuth, "https://login.windows.net:8443/" + connectortest.TestTenant, ""},
		{"userinfo", connectortest.PublicAuth, "https://login.windows.net@evil.example.com/" + connectortest.TestTenant, ""},
		{"userinfo before the right host", connectortest.PublicAuth, "https://canary:canary@login.windows.net/" + connectortest.TestTenant, ""},
		{"another cloud", connectortest.PublicAuth, us + connectortest.TestTenant, ""},
		{"the public cloud from another", us, "https://login.windows.net/" + connectortest.TestTenant, ""},
		{"a cloud without aliases", "https://login.sovcloud-identity.fr/", "https://login.sovcloud-identity.de/" + connectortest.TestTenant, ""},
		{"a custom authority is only itself", custom, "https://login.microsoftonline.com/" + connectortest.TestTenant, ""},
		{"the public cloud's is not a custom one", connectortest.PublicAuth, custom + connectortest.TestTenant, ""},
		{"a custom authority's other port", custom, "https://127.0.0.1/" + connectortest.TestTenant, ""},
		{"beside a custom authority's path", path, "https://sts.example.com/" + connectortest.TestTenant, ""},
		{"common", connectortest.PublicAuth, "https://login.windows.net/common", ""},
		{"a query", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant + "?x=canary", ""},
		{"a fragment", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant + "#canary", ""},
		{"up and away", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant + "/../" + connectortest.TestOther, ""},
		{"dots", connectortest.PublicAuth, "https://login.windows.net/../" + connectortest.TestTenant, ""},
		{"an escape", connectortest.PublicAuth, "https://login.windows.net/" + connectortest.TestTenant + "%2f..%2f" + connectortest.TestOther, ""},
		{"two slashes", connectortest.PublicAuth, "https://login.windows.net//" + connectortest.TestTenant, ""},
		{"a backslash", connectortest.PublicAuth, `https://login.windows.net\@evil.example.com/` + connectortest.TestTenant, ""},
		{"a space", connectortest.PublicAuth, "https://login.windows.net/con toso.com", ""},
		{"a line break", connectortest.PublicAuth, "https://login.windows.net/contoso.com\n", ""},
		{"an empty label", connectortest.PublicAuth, "https://login.windows.net/contoso..com", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Info{Authority: row.authority}.TenantIn(row.url)
			assert.Equal(t, row.want, got)
			if row.want != "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			connectortest.AssertClean(t, err, "canary", connectortest.TestTenant)
		})
	}
}
