package connector

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const (
	publicOSS  = "https://ossrdbms-aad.database.windows.net/.default"
	publicSQL  = "https://database.windows.net/.default"
	usOSS      = "https://ossrdbms-aad.database.usgovcloudapi.net/.default"
	chinaOSS   = "https://ossrdbms-aad.database.chinacloudapi.cn/.default"
	germanOSS  = "https://ossrdbms-aad.database.cloudapi.de/.default"
	publicAuth = "https://login.microsoftonline.com/"
	usAuth     = "https://login.microsoftonline.us/"
)

func TestResolveCloud(t *testing.T) {
	for _, row := range []struct {
		name  string
		e     dsn.Engine
		hosts []string
		env   []string
		o     *Options
		want  cloudInfo
	}{
		{"PostgreSQL", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"case and final dot", dsn.PostgreSQL, []string{"S.Postgres.Database.Azure.COM."}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"private link zone", dsn.PostgreSQL, []string{"s.privatelink.postgres.database.azure.com"}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"MySQL", dsn.MySQL, []string{"s.mysql.database.azure.com"}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"SQL", dsn.SQLServer, []string{"s.database.windows.net"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"SQL Managed Instance", dsn.SQLServer, []string{"mi.public.abc123.database.windows.net"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"Fabric", dsn.SQLServer, []string{"x.datawarehouse.fabric.microsoft.com"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"Fabric's SQL database", dsn.SQLServer, []string{"x.msit-database.fabric.microsoft.com"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"SQL in US Government", dsn.SQLServer, []string{"s.database.usgovcloudapi.net"}, nil, nil, cloudInfo{"AzureUSGovernment", "https://database.usgovcloudapi.net/.default", usAuth, true}},
		{"SQL by the name in its certificate", dsn.SQLServer, []string{"*.database.chinacloudapi.cn"}, nil, nil,
			cloudInfo{"AzureChinaCloud", "https://database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
		{"MySQL in China", dsn.MySQL, []string{"s.mysql.database.chinacloudapi.cn"}, nil, nil, cloudInfo{"AzureChinaCloud", chinaOSS, "https://login.chinacloudapi.cn/", true}},
		{"Synapse", dsn.SQLServer, []string{"w-ondemand.sql.azuresynapse.net"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"Synapse in China", dsn.SQLServer, []string{"w.sql.azuresynapse.azure.cn"}, nil, nil,
			cloudInfo{"AzureChinaCloud", "https://database.chinacloudapi.cn/.default", "https://login.chinacloudapi.cn/", true}},
		{"Cosmos DB for PostgreSQL", dsn.PostgreSQL, []string{"c-x.abc.postgres.cosmos.azure.com"}, nil, nil,
			cloudInfo{"AzureCloud", "https://token.postgres.cosmos.azure.com/.default", publicAuth, true}},
		{"US Government", dsn.PostgreSQL, []string{"s.postgres.database.usgovcloudapi.net"}, nil, nil, cloudInfo{"AzureUSGovernment", usOSS, usAuth, true}},
		{"China", dsn.PostgreSQL, []string{"s.postgres.database.chinacloudapi.cn"}, nil, nil, cloudInfo{"AzureChinaCloud", chinaOSS, "https://login.chinacloudapi.cn/", true}},
		{"Germany", dsn.PostgreSQL, []string{"s.postgres.database.cloudapi.de"}, nil, nil, cloudInfo{"AzureGermanCloud", germanOSS, "https://login.microsoftonline.de/", true}},
		{"unknown name", dsn.PostgreSQL, []string{"db.example.com"}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"suffix without the dot", dsn.PostgreSQL, []string{"evilpostgres.database.usgovcloudapi.net"}, nil, nil, cloudInfo{"AzureCloud", publicOSS, publicAuth, true}},
		{"PostgreSQL's suffix is not SQL's", dsn.SQLServer, []string{"s.postgres.database.usgovcloudapi.net"}, nil, nil, cloudInfo{"AzureCloud", publicSQL, publicAuth, true}},
		{"unknown name beside a known one", dsn.PostgreSQL, []string{"db.example.com", "s.postgres.database.usgovcloudapi.net"}, nil, nil, cloudInfo{"AzureUSGovernment", usOSS, usAuth, true}},
		{"Options.Cloud", dsn.PostgreSQL, []string{"db.example.com"}, nil, &Options{Cloud: "azureusgovernment"}, cloudInfo{"AzureUSGovernment", usOSS, usAuth, true}},
		{"Options.Cloud before the suffix", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, &Options{Cloud: "AzureChinaCloud"}, cloudInfo{"AzureChinaCloud", chinaOSS, "https://login.chinacloudapi.cn/", true}},
		{"Options.Cloud equal to the suffix's keeps its scope", dsn.PostgreSQL, []string{"c.postgres.cosmos.azure.com"}, nil, &Options{Cloud: "AzureCloud"},
			cloudInfo{"AzureCloud", "https://token.postgres.cosmos.azure.com/.default", publicAuth, true}},
		{"Options.Scope", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, &Options{Scope: "https://x/.default"}, cloudInfo{"AzureCloud", "https://x/.default", publicAuth, true}},
		{"AZURE_AUTHORITY_HOST", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://Login.Example.com"}, nil,
			cloudInfo{"AzureCloud", publicOSS, "https://login.example.com/", false}},
		{"AZURE_AUTHORITY_HOST tells the cloud of an unknown name", dsn.PostgreSQL, []string{"db.example.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"}, nil,
			cloudInfo{"AzureUSGovernment", usOSS, usAuth, true}},
		{"the suffix before AZURE_AUTHORITY_HOST", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, []string{"AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"}, nil,
			cloudInfo{"AzureCloud", publicOSS, usAuth, true}},
		{"Options.AuthorityHost before the variable", dsn.PostgreSQL, nil, []string{"AZURE_AUTHORITY_HOST=http://bad"}, &Options{AuthorityHost: "https://127.0.0.1:4431"},
			cloudInfo{"AzureCloud", publicOSS, "https://127.0.0.1:4431/", false}},
		{"China's newer authority", dsn.PostgreSQL, nil, nil, &Options{AuthorityHost: "https://login.partner.microsoftonline.cn/"},
			cloudInfo{"AzureChinaCloud", chinaOSS, "https://login.partner.microsoftonline.cn/", true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := resolveCloud(row.e, row.hosts, newVariables(row.env), cmp.Or(row.o, &Options{}))
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
		o        *Options
		variable string
		text     string
	}{
		{"two clouds", []string{"a.postgres.database.azure.com", "b.postgres.database.usgovcloudapi.net"}, nil, nil, "", "use one connection for each"},
		{"two scopes", []string{"a.postgres.database.azure.com", "b.postgres.cosmos.azure.com"}, nil, nil, "", "use one connection for each"},
		{"unknown cloud", nil, nil, &Options{Cloud: "AzureMoon"}, "Options.Cloud", "want AzureCloud, AzureUSGovernment, AzureChinaCloud or AzureGermanCloud"},
		{"authority without TLS", nil, []string{"AZURE_AUTHORITY_HOST=http://login.microsoftonline.com/"}, nil, "AZURE_AUTHORITY_HOST", "https://"},
		{"authority without scheme", nil, nil, &Options{AuthorityHost: "login.microsoftonline.com"}, "Options.AuthorityHost", "not a URL"},
		{"authority with a password", nil, nil, &Options{AuthorityHost: "https://u:canary@login.microsoftonline.com"}, "Options.AuthorityHost", "only https://"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := resolveCloud(dsn.PostgreSQL, row.hosts, newVariables(row.env), cmp.Or(row.o, &Options{}))
			var setup *SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.ErrorContains(t, err, row.text)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
