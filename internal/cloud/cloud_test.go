package cloud

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
)

const (
	scopeBleu     = "https://ossrdbms-aad.database.sovcloud-api.fr/.default"
	authorityBleu = "https://login.sovcloud-identity.fr/"
)

// resolveCloudCases are the rows of TestResolveCloud.
var resolveCloudCases = []struct {
	name  string
	e     dsn.Engine
	hosts []string
	env   []string
	o     *passwordless.Options
	want  Cloud
}{
	{"PostgreSQL", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"case and final dot", dsn.PostgreSQL, []string{"S.Postgres.Database.Azure.COM."}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"private link zone", dsn.PostgreSQL, []string{"s.privatelink.postgres.database.azure.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"MySQL", dsn.MySQL, []string{"s.mysql.database.azure.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"SQL", dsn.SQLServer, []string{"s.database.windows.net"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"SQL Managed Instance", dsn.SQLServer, []string{"mi.public.abc123.database.windows.net"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"Fabric", dsn.SQLServer, []string{"x.datawarehouse.fabric.microsoft.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"Fabric's SQL database", dsn.SQLServer, []string{"x.msit-database.fabric.microsoft.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"SQL in US Government", dsn.SQLServer, []string{"s.database.usgovcloudapi.net"}, nil, nil, Cloud{"AzureUSGovernment", "https://database.usgovcloudapi.net/.default", connectortest.AuthorityUSGovernment, true}},
	{"SQL by the name in its certificate", dsn.SQLServer, []string{"*.database.chinacloudapi.cn"}, nil, nil,
		Cloud{"AzureChinaCloud", "https://database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
	{"MySQL in China", dsn.MySQL, []string{"s.mysql.database.chinacloudapi.cn"}, nil, nil, Cloud{"AzureChinaCloud", "https://ossrdbms-aad.database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
	{"Synapse", dsn.SQLServer, []string{"w-ondemand.sql.azuresynapse.net"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"Synapse in China", dsn.SQLServer, []string{"w.sql.azuresynapse.azure.cn"}, nil, nil,
		Cloud{"AzureChinaCloud", "https://database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
	{"Cosmos DB for PostgreSQL", dsn.PostgreSQL, []string{"c-x.abc.postgres.cosmos.azure.com"}, nil, nil,
		Cloud{"AzureCloud", "https://token.postgres.cosmos.azure.com/.default", connectortest.Authority, true}},
	{"US Government", dsn.PostgreSQL, []string{"s.postgres.database.usgovcloudapi.net"}, nil, nil, Cloud{"AzureUSGovernment", "https://ossrdbms-aad.database.usgovcloudapi.net/.default", connectortest.AuthorityUSGovernment, true}},
	{"China", dsn.PostgreSQL, []string{"s.postgres.database.chinacloudapi.cn"}, nil, nil, Cloud{"AzureChinaCloud", "https://ossrdbms-aad.database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
	{"Germany", dsn.PostgreSQL, []string{"s.postgres.database.cloudapi.de"}, nil, nil, Cloud{"AzureGermanCloud", "https://ossrdbms-aad.database.cloudapi.de/.default", "https://login.microsoftonline.de/", true}},
	{"unknown name", dsn.PostgreSQL, []string{"db.example.com"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"suffix without the dot", dsn.PostgreSQL, []string{"evilpostgres.database.usgovcloudapi.net"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeOSS, connectortest.Authority, true}},
	{"PostgreSQL's suffix is not SQL's", dsn.SQLServer, []string{"s.postgres.database.usgovcloudapi.net"}, nil, nil, Cloud{"AzureCloud", connectortest.ScopeSQL, connectortest.Authority, true}},
	{"unknown name beside a known one", dsn.PostgreSQL, []string{"db.example.com", "s.postgres.database.usgovcloudapi.net"}, nil, nil, Cloud{"AzureUSGovernment", "https://ossrdbms-aad.database.usgovcloudapi.net/.default", connectortest.AuthorityUSGovernment, true}},
	{"Options.Cloud", dsn.PostgreSQL, []string{"db.example.com"}, nil, &passwordless.Options{Cloud: "azureusgovernment"}, Cloud{"AzureUSGovernment", "https://ossrdbms-aad.database.usgovcloudapi.net/.default", connectortest.AuthorityUSGovernment, true}},
	{"Options.Cloud before the suffix", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, &passwordless.Options{Cloud: "AzureChinaCloud"}, Cloud{"AzureChinaCloud", "https://ossrdbms-aad.database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
	{"Options.Cloud equal to the suffix's keeps its scope", dsn.PostgreSQL, []string{"c.postgres.cosmos.azure.com"}, nil, &passwordless.Options{Cloud: "AzureCloud"},
		Cloud{"AzureCloud", "https://token.postgres.cosmos.azure.com/.default", connectortest.Authority, true}},
	{"Options.Scope", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, &passwordless.Options{Scope: "https://x/.default"}, Cloud{"AzureCloud", "https://x/.default", connectortest.Authority, true}},
	{"AZURE_AUTHORITY_HOST", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://Login.Example.com"}, nil,
		Cloud{"AzureCloud", connectortest.ScopeOSS, "https://login.example.com/", false}},
	{"AZURE_AUTHORITY_HOST tells the cloud of an unknown name", dsn.PostgreSQL, []string{"db.example.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"}, nil,
		Cloud{"AzureUSGovernment", "https://ossrdbms-aad.database.usgovcloudapi.net/.default", connectortest.AuthorityUSGovernment, true}},
	{"another name of the authority", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.windows.net/"}, nil,
		Cloud{"AzureCloud", connectortest.ScopeOSS, "https://login.windows.net/", true}},
	{"a scope that is no cloud's", dsn.PostgreSQL, nil, []string{"AZURE_AUTHORITY_HOST=https://login.sovcloud-identity.de"}, &passwordless.Options{Scope: "https://ossrdbms-aad.database.sovcloud-api.de/.default"},
		Cloud{"AzureCloud", "https://ossrdbms-aad.database.sovcloud-api.de/.default", "https://login.sovcloud-identity.de/", true}},
	{"Bleu", dsn.PostgreSQL, []string{"s.postgres.database.sovcloud-api.fr"}, nil, nil,
		Cloud{"AzureBleuCloud", scopeBleu, authorityBleu, true}},
	{"MySQL in Bleu", dsn.MySQL, []string{"s.mysql.database.sovcloud-api.fr"}, []string{"AZURE_AUTHORITY_HOST=" + authorityBleu}, nil,
		Cloud{"AzureBleuCloud", scopeBleu, authorityBleu, true}},
	{"SQL in Bleu", dsn.SQLServer, []string{"s.database.sovcloud-api.fr"}, nil, &passwordless.Options{Scope: "https://x.sovcloud-api.fr/.default"},
		Cloud{"AzureBleuCloud", "https://x.sovcloud-api.fr/.default", authorityBleu, true}},
	{"Bleu by its authority", dsn.PostgreSQL, []string{"db.example.com"}, []string{"AZURE_AUTHORITY_HOST=" + authorityBleu}, nil,
		Cloud{"AzureBleuCloud", scopeBleu, authorityBleu, true}},
	{"Options.AuthorityHost before the variable", dsn.PostgreSQL, nil, []string{"AZURE_AUTHORITY_HOST=http://bad"}, &passwordless.Options{AuthorityHost: "https://127.0.0.1:4431"},
		Cloud{"AzureCloud", connectortest.ScopeOSS, "https://127.0.0.1:4431/", false}},
	{"China's newer authority", dsn.PostgreSQL, nil, nil, &passwordless.Options{AuthorityHost: "https://login.partner.microsoftonline.cn/"},
		Cloud{"AzureChinaCloud", "https://ossrdbms-aad.database.chinacloudapi.cn/.default", "https://login.partner.microsoftonline.cn/", true}},
}

func TestResolveCloud(t *testing.T) {
	for _, row := range resolveCloudCases {
		t.Run(row.name, func(t *testing.T) {
			got, err := Resolve(row.e, row.hosts, environ.NewVars(row.env), cmp.Or(row.o, &passwordless.Options{}))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestResolveCloudErrors(t *testing.T) {
	for _, row := range []struct {
		name     string
		hosts    []string
		env      []string
		o        *passwordless.Options
		variable string
		text     string
	}{
		{"two clouds", []string{"a.postgres.database.azure.com", "b.postgres.database.usgovcloudapi.net"}, nil, nil, "", "use one connection for each"},
		{"two scopes", []string{"a.postgres.database.azure.com", "b.postgres.cosmos.azure.com"}, nil, nil, "", "use one connection for each"},
		{"unknown cloud", nil, nil, &passwordless.Options{Cloud: "AzureMoon"}, "Options.Cloud", "want AzureCloud, AzureUSGovernment, AzureChinaCloud, AzureGermanCloud or AzureBleuCloud"},
		{"a scope of another cloud than the authority's", []string{"s.postgres.database.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"}, nil, "AZURE_AUTHORITY_HOST",
			"the authority is that of AzureUSGovernment, but the token is for AzureCloud"},
		{"an authority of a cloud that is not known", nil, []string{"AZURE_AUTHORITY_HOST=https://login.sovcloud-identity.de/"}, nil, "AZURE_AUTHORITY_HOST", "the token is for AzureCloud"},
		{"a scope in Options", nil, nil, &passwordless.Options{AuthorityHost: "https://login.chinacloudapi.cn", Scope: "https://database.windows.net//.default"}, "Options.AuthorityHost", "AzureChinaCloud"},
		{"Cosmos DB", []string{"c.postgres.cosmos.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.chinacloudapi.cn"}, nil, "AZURE_AUTHORITY_HOST", "AzureChinaCloud"},
		{"authority without TLS", nil, []string{"AZURE_AUTHORITY_HOST=http://login.microsoftonline.com/"}, nil, "AZURE_AUTHORITY_HOST", "https://"},
		{"authority without scheme", nil, nil, &passwordless.Options{AuthorityHost: "login.microsoftonline.com"}, "Options.AuthorityHost", "not a URL"},
		{"authority with a password", nil, nil, &passwordless.Options{AuthorityHost: "https://u:canary@login.microsoftonline.com"}, "Options.AuthorityHost", "only https://"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Resolve(dsn.PostgreSQL, row.hosts, environ.NewVars(row.env), cmp.Or(row.o, &passwordless.Options{}))
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.ErrorContains(t, err, row.text)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
