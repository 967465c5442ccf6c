package dsn

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFromSettings(t *testing.T) {
	const server = "myserver.postgres.database.azure.com"
	settings := func(change func(*Config)) Config {
		c := Config{Engine: PostgreSQL, Dialect: DialectSettings, Hosts: []Host{{server, 5432}}, Database: "mydb", User: "aad_myconn"}
		change(&c)
		return c
	}
	tests := []struct {
		name string
		in   []Setting
		want Config
	}{
		{"django", []Setting{{"NAME", "mydb"}, {"HOST", server}, {"USER", "aad_myconn"}}, settings(func(*Config) {})},
		{"nodejs", []Setting{{"PASSWORD", "Sup3r$ecret-Pw!"}, {"HOST", server}, {"USER", "aad_myconn"}, {"DATABASE", "mydb"}, {"PORT", "5432"}, {"SSL", "true"}},
			settings(func(c *Config) { c.TLS, c.Password = TLSRequire, NewSecret("Sup3r$ecret-Pw!") })},
		{"other", []Setting{{"host", server}, {"UserName", "aad_myconn"}, {"Database", "mydb"}, {"PORT", " 5433 "}, {"SSL", "TRUE"},
			{"CLIENTID", "c"}, {"CLIENTSECRET", "s"}, {"TENANTID", "t"}},
			settings(func(c *Config) {
				c.TLS, c.Hosts[0].Port = TLSRequire, 5433
				c.Identity = Identity{ClientID: "c", ClientSecret: NewSecret("s"), TenantID: "t"}
			})},
		{"php words", []Setting{{"SERVERNAME", server + ",6432"}, {"UID", "aad_myconn"}, {"DBNAME", "mydb"}, {"FLAG", "MySQL_CLIENT_SSL"}},
			settings(func(c *Config) { c.TLS, c.Hosts[0].Port = TLSRequire, 6432 })},
		{"user at server, host last", []Setting{{"USER", " aad_myconn@MyServer\n"}, {"DATABASE", "mydb"}, {"SERVER", "TCP:" + server + "."}, {"SSLMODE", "verify_full"}},
			settings(func(c *Config) { c.TLS = TLSVerifyFull })},
		{"authentication type", []Setting{{"USER", "aad_myconn"}, {"DATABASE", "mydb"}, {"HOST", server}, {"PASSWORD", ""}, {"AUTHENTICATIONTYPE", "azure-active-directory-msi-app-service"}},
			settings(func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
		{"ssl false", []Setting{{"USER", "aad_myconn"}, {"DATABASE", "mydb"}, {"HOST", server}, {"SSL", "0"}}, settings(func(c *Config) { c.TLS = TLSDisable })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := FromSettings(PostgreSQL, tt.in)
			require.NoError(t, err)
			require.Equal(t, tt.want, c)
		})
	}
}

func TestSettingErrors(t *testing.T) {
	tests := []struct {
		key, value, want string
	}{
		{"PORT", canary, "dsn: PORT: not a port number: want 1 to 65535"},
		{"HOST", canary + "/", "dsn: HOST: not a host name or IP address"},
		{"SERVER", "/tmp", "dsn: SERVER: a Unix-domain socket cannot be verified by TLS: give a host name, or use the driver without this library"},
		{"SSL", canary, "dsn: SSL: unknown TLS word: want true, false, disable, allow, prefer, require, no-verify, verify-ca or verify-full"},
		{"COLOUR", canary, "dsn: COLOUR: unknown setting"},
		{"PASSWORD", canary + "\n", "dsn: PASSWORD: a control character in a value"},
		{"AUTHENTICATION", "on behalf of", "dsn: AUTHENTICATION: this authentication method is not built in: pass a credential in Options.Credential"},
	}
	base, err := FromSettings(PostgreSQL, []Setting{{"HOST", "h"}})
	require.NoError(t, err)
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			_, err := base.With(Setting{tt.key, tt.value})
			var parseError *ParseError
			require.ErrorAs(t, err, &parseError)
			assert.Equal(t, tt.key, parseError.Key)
			assert.Equal(t, -1, parseError.Pos)
			assert.EqualError(t, err, tt.want)
			assert.ErrorIs(t, err, parseError.err)
		})
	}
	_, err = FromSettings(PostgreSQL, []Setting{{"PORT", "5432"}})
	assert.EqualError(t, err, "dsn: PORT: given without a host: add the host")
	_, err = base.With(Setting{"PORT", "1,2"})
	assert.EqualError(t, err, "dsn: PORT: give one port, or one for each host")
}

func TestWithLeavesTheReceiverAlone(t *testing.T) {
	const s = "host=h1,h2 user=u@srv password=p sslmode=require application_name=a"
	c, err := Parse(PostgreSQL, s)
	require.NoError(t, err)
	same, err := c.With()
	require.NoError(t, err)
	require.Equal(t, c, same)

	d, err := c.With(Setting{"PORT", "6432"}, Setting{"USER", "me"}, Setting{"PASSWORD", "q"}, Setting{"SSLMODE", "disable"}, Setting{"CLIENTID", "c"})
	require.NoError(t, err)
	assert.Equal(t, []Host{{"h1", 6432}, {"h2", 6432}}, d.Hosts)
	assert.Equal(t, "me", d.User)
	assert.Equal(t, "q", d.Password.Reveal())
	assert.Equal(t, TLSDisable, d.TLS)
	assert.Equal(t, "c", d.Identity.ClientID)
	assert.Equal(t, c.Params, d.Params)

	e, err := d.With(Setting{"HOST", "srv.example.com"}, Setting{"USER", "u@srv"})
	require.NoError(t, err)
	assert.Equal(t, []Host{{"srv.example.com", 5432}}, e.Hosts)
	assert.Equal(t, "u", e.User)

	again, err := Parse(PostgreSQL, s)
	require.NoError(t, err)
	require.Equal(t, again, c)
}
