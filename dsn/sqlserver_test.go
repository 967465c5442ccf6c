package dsn

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFromSettingsSQLServer(t *testing.T) {
	const host = "myserver.database.windows.net"
	const id = "11111111-2222-4333-8444-555555555555"
	settings := func(change func(*Config)) Config { return azureSQL(DialectSettings, host, "mydb", change) }
	tests := []struct {
		name string
		in   []Setting
		want Config
	}{
		{"python", []Setting{{"SERVER", host}, {"PORT", "1433"}, {"DATABASE", "mydb"}, {"AUTHENTICATION", "ActiveDirectoryMsi"}},
			settings(func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
		{"python, service principal", []Setting{{"SERVER", host}, {"DATABASE", "mydb"}, {"USER", id}, {"PASSWORD", canary}, {"AUTHENTICATION", "ActiveDirectoryServerPrincipal"}},
			settings(func(c *Config) {
				c.User, c.Password, c.Identity.Method = id, NewSecret(canary), MethodServicePrincipal
			})},
		{"nodejs", []Setting{{"SERVER", host}, {"PORT", "1433"}, {"DATABASE", "mydb"}, {"AUTHENTICATIONTYPE", "azure-active-directory-default"}, {"CLIENTID", id}},
			settings(func(c *Config) { c.Identity = Identity{Method: MethodDefault, ClientID: id} })},
		{"django", []Setting{{"HOST", host}, {"PORT", "1433"}, {"NAME", "mydb"}, {"USER", "u"}, {"PASSWORD", canary}},
			settings(func(c *Config) { c.User, c.Password = "u", NewSecret(canary) })},
		{"php", []Setting{{"SERVERNAME", "tcp:" + host + ",1433"}, {"DATABASE", "mydb"}, {"UID", "u@myserver"}, {"PASSWORD", canary}},
			settings(func(c *Config) { c.User, c.Password = "u", NewSecret(canary) })},
		{"other", []Setting{{"HOST", host + ", 3342 "}, {"PORT", "1433"}, {"DATABASE", "mydb"}, {"USERNAME", id}, {"AUTHENTICATION", "azure-active-directory-default"}},
			settings(func(c *Config) { c.Hosts[0].Port, c.User, c.Identity.Method = 3342, id, MethodDefault })},
		{"instance and port", []Setting{{"SERVER", host + `\i`}, {"PORT", "3342"}, {"NAME", "mydb"}, {"SSL", "false"}},
			settings(func(c *Config) { c.Hosts[0].Port, c.TLS, c.Warnings = 3342, TLSDisable, []string{instanceIgnored} })},
		{"trust", []Setting{{"SERVER", host}, {"DATABASE", "mydb"}, {"SSL", "true"}, {"TRUSTSERVERCERTIFICATE", "true"}},
			settings(func(c *Config) { c.TLS = TLSSkipVerify })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := FromSettings(SQLServer, tt.in)
			require.NoError(t, err)
			require.Equal(t, tt.want, c)
		})
	}
}

func TestSettingErrorsSQLServer(t *testing.T) {
	for _, tt := range []struct{ key, value, want string }{
		{"SERVER", `h\s3cr3t`, "dsn: SERVER: " + instanceError},
		{"SERVER", `(localdb)\s3cr3t`, "dsn: SERVER: " + tcpError},
		{"HOST", "h,s3cr3t", "dsn: HOST: not a port number: want 1 to 65535"},
		{"PORT", "s3cr3t", "dsn: PORT: not a port number: want 1 to 65535"},
		{"SSLMODE", "s3cr3t", "dsn: SSLMODE: unknown TLS mode: want true, false, mandatory, optional, strict or disable"},
	} {
		_, err := FromSettings(SQLServer, []Setting{{tt.key, tt.value}})
		if tt.key == "PORT" {
			_, err = FromSettings(SQLServer, []Setting{{"HOST", "h"}, {tt.key, tt.value}})
		}
		assert.EqualError(t, err, tt.want)
	}
}

func TestWithSQLServer(t *testing.T) {
	c, err := Parse(SQLServer, "Server=h;Failover Partner=p;Encrypt=Strict;Database=d;App=a")
	require.NoError(t, err)
	require.Equal(t, `engine=sqlserver dialect=ADO.NET hosts=h:1433,p:1433 database=d tls=verify-full params="app name,encrypt"`, c.String())

	d, err := c.With(Setting{"PORT", "3342"}, Setting{"TRUSTSERVERCERTIFICATE", "true"})
	require.NoError(t, err)
	assert.Equal(t, []Host{{"h", 3342}, {"p", 3342}}, d.Hosts)
	assert.Equal(t, TLSVerifyFull, d.TLS, "strict encryption always verifies")
	assert.Equal(t, "strict", d.Params["encrypt"])

	d, err = c.With(Setting{"HOST", "x"}, Setting{"SSLMODE", "mandatory"})
	require.NoError(t, err)
	assert.Equal(t, []Host{{"x", 1433}}, d.Hosts)
	assert.Equal(t, TLSRequire, d.TLS)
	assert.Equal(t, map[string]string{"app name": "a"}, d.Params, "strict belongs to the mode that was replaced")
	assert.Equal(t, "strict", c.Params["encrypt"], "the receiver is not changed")
}

// TestSQLServerKeysAreNamed checks that the warning for a driver's own key names
// it in that driver's spelling.
func TestSQLServerKeysAreNamed(t *testing.T) {
	for prefix, keys := range map[string][]string{
		"Server=h;":                  {"Enlist", "Replication", "Pool Blocking Period", "Type System Version", "User Instance", "Connect Retry Count"},
		"jdbc:sqlserver://h;":        {"socketTimeout", "trustStore", "authenticationScheme", "responseBuffering", "lastUpdateCount"},
		"Driver=FreeTDS;Server=h;":   {"AutoTranslate", "MARS_Connection", "Regional", "UseFMTONLY"},
		"sqlserver://h?":             {"tlsmin", "epa enabled", "systemtoken"},
		"server=h;port=1433;":        {"tlsmin", "pipe"},
		"odbc:server=h;":             {"userassertion"},
		"server=h;log=0;failover=x;": {"change password"},
	} {
		for _, key := range keys {
			c, err := Parse(SQLServer, prefix+key+"="+canary)
			require.NoError(t, err, prefix+key)
			require.NotEmpty(t, c.Warnings, prefix+key)
			last := c.Warnings[len(c.Warnings)-1]
			assert.Contains(t, last, key+" is ignored: ")
			requireNoCanary(t, last)
		}
	}
}
