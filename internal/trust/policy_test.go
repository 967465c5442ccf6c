package trust

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
)

var listed = []string{"PASSWORDLESS_TRUSTED_HOSTS= db.example.com ,127.0.0.1,::1"}

// checkTrustCases are the rows of TestCheckTrust.
var checkTrustCases = []struct {
	name    string
	engine  dsn.Engine
	names   []string
	env     []string
	o       *passwordless.Options
	trusted bool
}{
	{"Azure's suffix", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, nil, true},
	{"case and final dot", dsn.PostgreSQL, []string{"S.POSTGRES.database.azure.com."}, nil, nil, true},
	{"Cosmos DB", dsn.PostgreSQL, []string{"c.abc.postgres.cosmos.azure.com"}, nil, nil, true},
	{"Synapse", dsn.SQLServer, []string{"w.sql.azuresynapse.net"}, nil, nil, true},
	{"Fabric", dsn.SQLServer, []string{"x.database.fabric.microsoft.com"}, nil, nil, true},
	{"Fabric as Service Connector writes it", dsn.SQLServer, []string{"x.msit-database.fabric.microsoft.com"}, nil, nil, true},
	{"Fabric's portal", dsn.SQLServer, []string{"app.fabric.microsoft.com"}, nil, nil, false},
	{"Managed Instance", dsn.SQLServer, []string{"mi.public.abc.database.windows.net"}, nil, nil, true},
	{"a failover partner in Azure", dsn.SQLServer, []string{"a.database.windows.net", "b.database.windows.net"}, nil, nil, true},
	{"a failover partner elsewhere", dsn.SQLServer, []string{"a.database.windows.net", "b.example.com"}, nil, nil, false},
	{"MySQL", dsn.MySQL, []string{"s.mysql.database.azure.com"}, nil, nil, true},
	{"PostgreSQL's name is not MySQL's", dsn.MySQL, []string{"s.postgres.database.azure.com"}, nil, nil, false},
	{"wildcard as Azure writes it", dsn.SQLServer, []string{"*.database.windows.net"}, nil, nil, true},
	{"wildcard above the suffix", dsn.SQLServer, []string{"*.windows.net"}, nil, nil, false},
	{"wildcard below the first label", dsn.SQLServer, []string{"a.*.database.windows.net"}, nil, nil, false},
	{"the bare suffix", dsn.PostgreSQL, []string{"postgres.database.azure.com"}, nil, nil, false},
	{"the suffix with an empty label", dsn.PostgreSQL, []string{".postgres.database.azure.com"}, nil, nil, false},
	{"no label boundary", dsn.PostgreSQL, []string{"evilpostgres.database.azure.com"}, nil, nil, false},
	{"suffix in the middle", dsn.PostgreSQL, []string{"s.postgres.database.azure.com.evil.com"}, nil, nil, false},
	{"odd characters before the suffix", dsn.PostgreSQL, []string{"evil.com/x.postgres.database.azure.com"}, nil, nil, false},
	{"another engine's suffix", dsn.PostgreSQL, []string{"s.database.windows.net"}, nil, nil, false},
	{"PostgreSQL's name in the US cloud is not SQL's", dsn.SQLServer, []string{"s.postgres.database.usgovcloudapi.net"}, nil, nil, false},
	{"another cloud than Options say", dsn.PostgreSQL, []string{"s.postgres.database.azure.com"}, nil, &passwordless.Options{Cloud: "AzureUSGovernment"}, false},
	{"not listed", dsn.PostgreSQL, []string{"db.example.com"}, nil, nil, false},
	{"listed in the variable", dsn.PostgreSQL, []string{"DB.example.com."}, listed, nil, true},
	{"listed address", dsn.PostgreSQL, []string{"127.0.0.1"}, listed, nil, true},
	{"listed address in brackets", dsn.PostgreSQL, []string{"[::1]"}, listed, nil, true},
	{"the same address otherwise written", dsn.PostgreSQL, []string{"0:0:0:0:0:0:0:1"}, listed, nil, true},
	{"below a listed name", dsn.PostgreSQL, []string{"a.db.example.com"}, listed, nil, false},
	{"listed in Options", dsn.PostgreSQL, []string{"db.example.com"}, nil, &passwordless.Options{TrustedHosts: []string{"db.example.com"}}, true},
	{"an empty list in Options hides the variable's", dsn.PostgreSQL, []string{"db.example.com"}, listed, &passwordless.Options{TrustedHosts: []string{}}, false},
	{"loopback is not special", dsn.PostgreSQL, []string{"localhost"}, nil, nil, false},
	{"one of a list is not trusted", dsn.PostgreSQL, []string{"s.postgres.database.azure.com", "other.example.com"}, nil, nil, false},
	{"a list, all trusted", dsn.PostgreSQL, []string{"s.postgres.database.azure.com", "db.example.com"}, listed, nil, true},
}

func TestCheckTrust(t *testing.T) {
	for _, row := range checkTrustCases {
		t.Run(row.name, func(t *testing.T) {
			env, o := environ.NewVars(row.env), cmp.Or(row.o, &passwordless.Options{})
			cl, err := cloud.Resolve(row.engine, row.names, env, o)
			require.NoError(t, err)
			trust, err := NewPolicy(row.engine, cl, env, o)
			require.NoError(t, err)
			err = trust.Check(row.names...)
			if row.trusted {
				require.NoError(t, err)
				return
			}
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, "untrusted-host", setup.Anchor)
			assert.ErrorContains(t, err, row.names[len(row.names)-1])
			assert.ErrorContains(t, err, "PASSWORDLESS_TRUSTED_HOSTS")
		})
	}
}

func TestCheckTrustSaysWhatWasMeant(t *testing.T) {
	for _, row := range []struct {
		engine     dsn.Engine
		name, want string
	}{
		{dsn.PostgreSQL, "s.postgres.database.azure.con", "AzureCloud (did you mean s.postgres.database.azure.com?): refusing to send the token (add"},
		{dsn.PostgreSQL, "s.mysql.database.azure.com", "AzureCloud but one of Azure Database for MySQL (use the driver for that): refusing"},
		{dsn.MySQL, "s.database.windows.net", "but one of Azure SQL (use"},
		{dsn.PostgreSQL, "s.postgres.database.usgovcloudapi.net", "but in AzureUSGovernment (check Options.Cloud)"},
		{dsn.PostgreSQL, "db.example.com", "in AzureCloud: refusing"},
	} {
		p, err := NewPolicy(row.engine, cloud.Cloud{Name: "AzureCloud"}, environ.Vars{}, &passwordless.Options{})
		require.NoError(t, err)
		assert.ErrorContains(t, p.Check(row.name), row.want)
	}
}

func TestCheckTrustRefusesPatterns(t *testing.T) {
	for _, pattern := range []string{"*.example.com", ".example.com"} {
		o := &passwordless.Options{TrustedHosts: []string{pattern}}
		_, err := NewPolicy(dsn.PostgreSQL, cloud.Cloud{Name: "AzureCloud"}, environ.Vars{}, o)
		require.ErrorContains(t, err, "Options.TrustedHosts")
		assert.ErrorContains(t, err, "exact names")
	}
}

func TestTrustedHostsAreNamesAlone(t *testing.T) {
	for host, ok := range map[string]bool{
		"db": true, "127.0.0.1": true, "::1": true, "[::1]": true, "fe80::1": true,
		"db:5432": false, "127.0.0.1:5432": false, "[::1]:5432": false, "https://db": false,
	} {
		_, err := NewPolicy(dsn.PostgreSQL, cloud.Cloud{Name: "AzureCloud"}, environ.NewVars([]string{"PASSWORDLESS_TRUSTED_HOSTS=" + host}), &passwordless.Options{})
		if ok {
			require.NoError(t, err, host)
			continue
		}
		require.ErrorContains(t, err, "PASSWORDLESS_TRUSTED_HOSTS")
		assert.ErrorContains(t, err, "without port")
	}
}

// A server in Azure SQL may route the client to one of another name, which the
// certificate of that one has: the name in the string is for the string's hosts.
func TestRoutedHostGoesByItsOwnName(t *testing.T) {
	const routed = "x.tr1.eastus1-a.worker.database.windows.net"
	c := dsn.Config{Engine: dsn.SQLServer, ServerName: "*.database.windows.net",
		Hosts: []dsn.Host{{Name: "s.database.windows.net"}, {Name: "partner.database.windows.net"}}}
	o := &passwordless.Options{}
	assert.Equal(t, c.ServerName, Servers{c, o}.VerifiedName("S.database.windows.net."))
	assert.Equal(t, c.ServerName, Servers{c, o}.VerifiedName("partner.database.windows.net"))
	assert.Equal(t, routed, Servers{c, o}.VerifiedName(routed))
	assert.Equal(t, routed, Servers{c, &passwordless.Options{ServerName: "s.database.windows.net"}}.VerifiedName(routed))
	c.Engine = dsn.MySQL
	assert.Equal(t, c.ServerName, Servers{c, o}.VerifiedName(routed), "only SQL Server routes")
}

func TestVerifiedNames(t *testing.T) {
	c := dsn.Config{Hosts: []dsn.Host{{Name: "a"}, {Name: "b"}}}
	assert.Equal(t, []string{"a", "b"}, Servers{c, &passwordless.Options{}}.VerifiedNames())
	c.ServerName = "from.string"
	assert.Equal(t, []string{"from.string", "from.string"}, Servers{c, &passwordless.Options{}}.VerifiedNames())
	assert.Equal(t, []string{"from.options", "from.options"}, Servers{c, &passwordless.Options{ServerName: "from.options"}}.VerifiedNames())
}
