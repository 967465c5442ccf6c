package dsn

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMySQLFromSettings reads the variables that Azure Service Connector writes
// for MySQL, without their prefix.
func TestMySQLFromSettings(t *testing.T) {
	const server, clientID = "myserver.mysql.database.azure.com", "11111111-2222-4333-8444-555555555555"
	plain := []Setting{{"NAME", "mydb"}, {"HOST", server}, {"USER", "aad_myconn"}}
	nodejs := []Setting{{"HOST", server}, {"USER", "aad_myconn"}, {"DATABASE", "mydb"}, {"PORT", "3306"}, {"SSL", "true"}}
	php := []Setting{{"DBNAME", "mydb"}, {"HOST", server}, {"PORT", "3306"}, {"FLAG", "MySQL_CLIENT_SSL"}, {"USERNAME", "aad_myconn"}}
	ruby := []Setting{{"DATABASE", "mydb"}, {"HOST", server}, {"USERNAME", "aad_myconn"}, {"SSLMODE", "required"}}
	none := []Setting{{"HOST", server}, {"USERNAME", "aad_myconn"}, {"DATABASE", "mydb"}, {"PORT", "3306"}, {"SSL", "true"}}
	tests := []struct {
		name     string
		settings []Setting
		tls      TLS
	}{
		{"python, django", plain, TLSUnset},
		{"python as documented", []Setting{{"NAME", "mydb"}, {"HOST", server}, {"USER", "aad_myconn@myserver"}}, TLSUnset},
		{"nodejs", nodejs, TLSRequire},
		{"php", php, TLSRequire},
		{"php as in its sample", []Setting{{"DBNAME", "mydb"}, {"HOST", server}, {"FLAG", "MYSQLI_CLIENT_SSL"}, {"USER", "aad_myconn@myserver"}}, TLSRequire},
		{"php without verification", []Setting{{"DBNAME", "mydb"}, {"HOST", server}, {"FLAG", "MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT"}, {"USER", "aad_myconn"}}, TLSSkipVerify},
		{"ruby", ruby, TLSRequire},
		{"none", none, TLSRequire},
		{"verified", append(plain, Setting{"SSLMODE", "VERIFY_IDENTITY"}), TLSVerifyFull},
		{"verified CA", append(plain, Setting{"SSLMODE", "verify_ca"}), TLSVerifyCA},
		{"preferred", append(plain, Setting{"SSLMODE", "preferred"}), TLSPrefer},
		{"disabled", append(plain, Setting{"SSLMODE", "DISABLED"}), TLSDisable},
		{"ssl false", append(plain, Setting{"SSL", "false"}), TLSDisable},
	}
	identities := []struct {
		name     string
		settings []Setting
		change   func(*Config)
	}{
		{"system", nil, func(*Config) {}},
		{"user, workload", []Setting{{"CLIENTID", clientID}}, func(c *Config) { c.Identity.ClientID = clientID }},
		{"service principal", []Setting{{"CLIENTID", clientID}, {"CLIENTSECRET", "abc8Q~dEf.GhI_jKl-MnO"}, {"TENANTID", "t"}}, func(c *Config) {
			c.Identity = Identity{ClientID: clientID, TenantID: "t", ClientSecret: NewSecret("abc8Q~dEf.GhI_jKl-MnO")}
		}},
		{"secret", []Setting{{"PASSWORD", "Sup3r$ecret-Pw!"}}, func(c *Config) { c.Password = NewSecret("Sup3r$ecret-Pw!") }},
	}
	for _, tt := range tests {
		for _, id := range identities {
			t.Run(tt.name+"/"+id.name, func(t *testing.T) {
				want := Config{Engine: MySQL, Dialect: DialectSettings, Hosts: []Host{{server, 3306}}, Database: "mydb", User: "aad_myconn", TLS: tt.tls}
				id.change(&want)
				got, err := FromSettings(MySQL, append(id.settings, tt.settings...))
				require.NoError(t, err)
				require.Equal(t, want, got)
			})
		}
	}
}

func TestMySQLSettingErrors(t *testing.T) {
	for _, s := range []Setting{{"SSLMODE", canary}, {"SSL", canary}, {"NAME", "d;Password=" + canary}, {"CLIENTID", "c;Password=" + canary}, {"HOST", "/tmp/mysql.sock"}} {
		_, err := FromSettings(MySQL, []Setting{s})
		var parseError *ParseError
		require.ErrorAs(t, err, &parseError, s.Key)
		assert.Equal(t, s.Key, parseError.Key)
		assert.Equal(t, -1, parseError.Pos)
		requireNoCanary(t, err.Error())
	}
	_, err := FromSettings(MySQL, []Setting{{"SSLMODE", "x"}})
	assert.EqualError(t, err, "dsn: SSLMODE: unknown TLS mode: want disabled, preferred, required, verify_ca, verify_identity or skip-verify")
}

// TestMySQLSettingsOnAString gives Spring's user name to the URL it belongs to.
func TestMySQLSettingsOnAString(t *testing.T) {
	c, err := Parse(MySQL, "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required")
	require.NoError(t, err)
	c, err = c.With(Setting{"USERNAME", "aad_myconn@myserver"})
	require.NoError(t, err)
	require.Equal(t, azureMySQL(dialectJDBC, TLSRequire, "aad_myconn", ""), c)
}
