package sqlserver

import (
	"testing"
	"time"

	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

func connection() dsn.Config {
	return dsn.Config{
		Engine:   dsn.SQLServer,
		Hosts:    []dsn.Host{{Name: "db.example.com", Port: 1433}},
		Database: "orders",
	}
}

func TestParameters(t *testing.T) {
	t.Setenv("MSSQL_USE_EPA", "true")
	c := connection()
	c.Database = "my db;x=y&z"
	c.Params = map[string]string{
		"app name": `it's a "test"; {}=&%+ä`, "workstation id": "w", "applicationintent": "ReadOnly", "packet size": "8192",
		"keepalive": "7", "connection timeout": "8", "dial timeout": "9", "multisubnetfailover": "false", "disableretry": "true",
		"notraceid": "true", "guid conversion": "true", "timezone": "Europe/Vienna", "columnencryption": "true", "log": "3",
		// what dsn never passes on is ignored here too
		"password": "p", "user id": "evil", "server": "evil", "port": "1", "encrypt": "disable", "trustservercertificate": "true",
		"servercertificate": "/evil.pem", "certificate": "/evil.pem", "hostnameincertificate": "evil", "protocol": "np", "tlsmin": "1.0",
		"failoverpartner": "evil", "change password": "evil", "epa enabled": "true", "authenticator": "krb5", "serverspn": "evil",
	}
	cfg, err := native(c)
	require.NoError(t, err)
	cfg.ActivityID = nil
	vienna, err := time.LoadLocation("Europe/Vienna")
	require.NoError(t, err)
	assert.Equal(t, msdsn.Config{
		Database:           "my db;x=y&z",
		AppName:            `it's a "test"; {}=&%+ä`,
		Workstation:        "w",
		ReadOnlyIntent:     true,
		PacketSize:         8192,
		KeepAlive:          7 * time.Second,
		ConnTimeout:        8 * time.Second,
		DialTimeout:        9 * time.Second,
		DisableRetry:       true,
		NoTraceID:          true,
		ColumnEncryption:   true,
		LogFlags:           3,
		Encoding:           msdsn.EncodeParameters{GuidConversion: true, Timezone: vienna},
		Protocols:          []string{"tcp"},
		ProtocolParameters: map[string]any{},
		BrowserMessage:     msdsn.BrowserAllInstances,
	}, cfg)
}

func TestDefaultsAreTheDriversOwn(t *testing.T) {
	t.Setenv("MSSQL_USE_EPA", "nonsense, which go-mssqldb would refuse")
	cfg, err := native(connection())
	require.NoError(t, err)
	assert.Equal(t, "go-mssqldb", cfg.AppName)
	assert.Equal(t, 15*time.Second, cfg.DialTimeout)
	assert.Zero(t, cfg.ConnTimeout)
	assert.True(t, cfg.MultiSubnetFailover)
	assert.False(t, cfg.EpaEnabled)
	assert.False(t, cfg.DisableRetry)
}

func TestParameterErrors(t *testing.T) {
	for name, row := range map[string]struct {
		database string
		params   map[string]string
		want     string
	}{
		"value": {"orders", map[string]string{"timezone": "canary", "app name": "a"},
			"passwordless: timezone: go-mssqldb does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
		"read-only without a database": {"", map[string]string{"applicationintent": "ReadOnly"},
			"passwordless: applicationintent: ReadOnly needs a database: name one (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
	} {
		t.Run(name, func(t *testing.T) {
			c := connection()
			c.Database, c.Params = row.database, row.params
			_, err := native(c)
			require.EqualError(t, err, row.want)
		})
	}
}

func FuzzParameters(f *testing.F) {
	for _, s := range []string{"", "a", " ", `'"`, `\`, "a=b;c=d", "&x=y", "%41", "+", "päß\n\x00", "{}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := connection()
		c.Params = map[string]string{"app name": s}
		cfg, err := native(c)
		require.NoError(t, err)
		assert.Equal(t, s, cfg.AppName)
		assert.Equal(t, "orders", cfg.Database)
	})
}
