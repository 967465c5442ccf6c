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
		{"the authority itself", connectortest.Authority, "https://login.microsoftonline.com/" + connectortest.Tenant, connectortest.Tenant},
		{"as Azure SQL writes it", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant, connectortest.Tenant},
		{"another alias", connectortest.Authority, "https://sts.windows.net/" + connectortest.Tenant + "/", connectortest.Tenant},
		{"a domain", connectortest.Authority, "https://login.windows.net/contoso.onmicrosoft.com", "contoso.onmicrosoft.com"},
		{"with a path below", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant + "/oauth2/authorize", connectortest.Tenant},
		{"case and port", connectortest.Authority, "HTTPS://Login.Windows.NET:443/" + connectortest.Tenant, connectortest.Tenant},
		{"US Government", us, "https://login.usgovcloudapi.net/" + connectortest.Tenant, connectortest.Tenant},
		{"China", "https://login.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/" + connectortest.Tenant, connectortest.Tenant},
		{"a custom authority", custom, "https://127.0.0.1:4431/" + connectortest.Tenant, connectortest.Tenant},
		{"a custom authority with a path", path, "https://sts.example.com/adfs/" + connectortest.Tenant, connectortest.Tenant},

		{"http", connectortest.Authority, "http://login.windows.net/" + connectortest.Tenant, ""},
		{"no scheme", connectortest.Authority, "login.windows.net/" + connectortest.Tenant, ""},
		{"empty", connectortest.Authority, "", ""},
		{"no tenant", connectortest.Authority, "https://login.windows.net/", ""},
		{"no path", connectortest.Authority, "https://login.windows.net", ""},
		{"another host", connectortest.Authority, "https://login.example.com/" + connectortest.Tenant, ""},
		{"a host that begins alike", connectortest.Authority, "https://login.windows.net.example.com/" + connectortest.Tenant, ""},
		{"a host that ends alike", connectortest.Authority, "https://evil-login.windows.net/" + connectortest.Tenant, ""},
		{"final dot", connectortest.Authority, "https://login.windows.net./" + connectortest.Tenant, ""},
		{"another port", connectortest.Authority, "https://login.windows.net:8443/" + connectortest.Tenant, ""},
		{"userinfo", connectortest.Authority, "https://login.windows.net@evil.example.com/" + connectortest.Tenant, ""},
		{"userinfo before the right host", connectortest.Authority, "https://canary:canary@login.windows.net/" + connectortest.Tenant, ""},
		{"another cloud", connectortest.Authority, us + connectortest.Tenant, ""},
		{"the public cloud from another", us, "https://login.windows.net/" + connectortest.Tenant, ""},
		{"a cloud without aliases", "https://login.sovcloud-identity.fr/", "https://login.sovcloud-identity.de/" + connectortest.Tenant, ""},
		{"a custom authority is only itself", custom, "https://login.microsoftonline.com/" + connectortest.Tenant, ""},
		{"the public cloud's is not a custom one", connectortest.Authority, custom + connectortest.Tenant, ""},
		{"a custom authority's other port", custom, "https://127.0.0.1/" + connectortest.Tenant, ""},
		{"beside a custom authority's path", path, "https://sts.example.com/" + connectortest.Tenant, ""},
		{"common", connectortest.Authority, "https://login.windows.net/common", ""},
		{"a query", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant + "?x=canary", ""},
		{"a fragment", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant + "#canary", ""},
		{"up and away", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant + "/../" + connectortest.OtherClient, ""},
		{"dots", connectortest.Authority, "https://login.windows.net/../" + connectortest.Tenant, ""},
		{"an escape", connectortest.Authority, "https://login.windows.net/" + connectortest.Tenant + "%2f..%2f" + connectortest.OtherClient, ""},
		{"two slashes", connectortest.Authority, "https://login.windows.net//" + connectortest.Tenant, ""},
		{"a backslash", connectortest.Authority, `https://login.windows.net\@evil.example.com/` + connectortest.Tenant, ""},
		{"a space", connectortest.Authority, "https://login.windows.net/con toso.com", ""},
		{"a line break", connectortest.Authority, "https://login.windows.net/contoso.com\n", ""},
		{"an empty label", connectortest.Authority, "https://login.windows.net/contoso..com", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Cloud{Authority: row.authority}.TenantFromURL(row.url)
			assert.Equal(t, row.want, got)
			if row.want != "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			connectortest.AssertClean(t, err, "canary", connectortest.Tenant)
		})
	}
}
