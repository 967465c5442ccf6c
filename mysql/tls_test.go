package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func verified() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "db.example.com"}
}

func TestSetLogin(t *testing.T) {
	token := connector.Login{User: "app", Password: dsn.NewSecret("t"), IsToken: true}
	password := connector.Login{User: "app", Password: dsn.NewSecret("p")}
	cfg := &mysql.Config{
		User: "evil", TLS: &tls.Config{InsecureSkipVerify: true}, TLSConfig: "skip-verify", AllowFallbackToPlaintext: true, AllowOldPasswords: true,
	}
	conn, err := setLogin(cfg, verified(), token)
	require.NoError(t, err)
	assert.Equal(t, verified(), conn.config)
	assert.Equal(t, "t", conn.token)
	assert.Nil(t, cfg.TLS, "the connection makes it")
	assert.Equal(t, "app", cfg.User)
	assert.Equal(t, placeholder, cfg.Passwd, "the driver does not get the token")
	assert.Empty(t, cfg.TLSConfig)
	assert.False(t, cfg.AllowFallbackToPlaintext || cfg.AllowOldPasswords)
	assert.True(t, cfg.AllowCleartextPasswords)
	assert.True(t, cfg.AllowNativePasswords)

	cfg = &mysql.Config{AllowCleartextPasswords: true, AllowFallbackToPlaintext: true, AllowOldPasswords: true}
	conn, err = setLogin(cfg, nil, password)
	require.NoError(t, err)
	assert.Nil(t, conn.config)
	assert.Nil(t, cfg.TLS)
	assert.Equal(t, "p", cfg.Passwd)
	assert.False(t, cfg.AllowCleartextPasswords || cfg.AllowFallbackToPlaintext || cfg.AllowNativePasswords)
	assert.True(t, cfg.AllowOldPasswords)

	conn, err = setLogin(cfg, verified(), password)
	require.NoError(t, err)
	assert.Empty(t, conn.token)
	assert.True(t, cfg.AllowCleartextPasswords, "for servers that ask PAM")
}

func TestSetLoginNothingUnverified(t *testing.T) {
	for name, change := range map[string]func(*tls.Config){
		"not verified": func(c *tls.Config) { c.InsecureSkipVerify = true },
		"no name":      func(c *tls.Config) { c.ServerName = "" },
		"old versions": func(c *tls.Config) { c.MinVersion = 0 },
		"peer callback": func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		},
		"connection callback": func(c *tls.Config) { c.VerifyConnection = func(tls.ConnectionState) error { return nil } },
		"rejection callback": func(c *tls.Config) {
			c.EncryptedClientHelloRejectionVerify = func(tls.ConnectionState) error { return nil }
		},
		"clock": func(c *tls.Config) { c.Time = func() time.Time { return time.Time{} } },
	} {
		t.Run(name, func(t *testing.T) {
			config := verified()
			change(config)
			cfg := new(mysql.Config)
			_, err := setLogin(cfg, config, connector.Login{Password: dsn.NewSecret("p")})
			require.ErrorIs(t, err, errNotVerified)
			assert.Empty(t, cfg.Passwd)
		})
	}
	cfg := new(mysql.Config)
	_, err := setLogin(cfg, nil, connector.Login{Password: dsn.NewSecret("t"), IsToken: true})
	require.ErrorIs(t, err, errNotVerified)
	assert.Empty(t, cfg.Passwd)
}

func TestRegisteredTLS(t *testing.T) {
	b := engine.Bench(t, nil)
	roots := b.Cloud.CA().Pool()
	for name, config := range map[string]*tls.Config{
		// what else they say is ignored
		"passwordless-test-roots": {RootCAs: roots, InsecureSkipVerify: true, ServerName: "evil.example.com",
			VerifyConnection: func(tls.ConnectionState) error { panic("called") }},
		"passwordless-test-none": {InsecureSkipVerify: true},
	} {
		require.NoError(t, mysql.RegisterTLSConfig(name, config))
		t.Cleanup(func() { mysql.DeregisterTLSConfig(name) })
	}
	certificates := b.Options.RootCAs

	_, err := NewConnector(b.DSN("tls=passwordless-test-roots"), b.Options)
	require.EqualError(t, err, "passwordless: tls: the driver's TLS configuration has roots, and so have the options or PASSWORDLESS_CA_FILE, which cannot be joined: give all of them in one place (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#certificate-files)")

	b.Options.RootCAs = nil
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "tls=passwordless-test-roots")))
	login := drivertest.LoginError(t, drivertest.Connect(t, b.Connector(t, "tls=passwordless-test-none")))
	assert.Equal(t, "server-certificate", login.Anchor)
	assert.Contains(t, login.Hint, "signed by no one trusted")
	_, err = NewConnector(b.DSN("tls=canary"), b.Options)
	require.EqualError(t, err, "passwordless: tls: no TLS configuration of this name is registered: call mysql.RegisterTLSConfig first (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)")

	b.Options.RootCAs = certificates
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "tls=passwordless-test-none")))
}

func TestContribute(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	own, err := ca.Issue("own")
	require.NoError(t, err)
	theirs, err := ca.Issue("theirs")
	require.NoError(t, err)
	config := verified()
	config.Certificates = []tls.Certificate{own}
	extra := &tls.Config{Certificates: []tls.Certificate{theirs}, RootCAs: ca.Pool(), NextProtos: []string{"x"}, ServerName: "evil"}
	require.NoError(t, contribute(config, extra))
	assert.Equal(t, []tls.Certificate{own, theirs}, config.Certificates)
	assert.True(t, config.RootCAs.Equal(ca.Pool()))
	assert.NotSame(t, extra.RootCAs, config.RootCAs)
	assert.Empty(t, config.NextProtos)
	assert.Equal(t, "db.example.com", config.ServerName)
	require.NoError(t, contribute(config, nil))
}

// TLS sessions of registered roots and certificates are no other connection's, nor the application's own.
func TestRegisteredTLSHasItsOwnSessions(t *testing.T) {
	shared, applications := tls.NewLRUClientSessionCache(0), tls.NewLRUClientSessionCache(0)
	extra := ownSessions(&tls.Config{ClientSessionCache: applications})
	assert.NotSame(t, applications, extra.ClientSessionCache)
	config := verified()
	require.NoError(t, contribute(config, extra))
	assert.Nil(t, config.ClientSessionCache, "where none are resumed")
	config.ClientSessionCache = shared
	require.NoError(t, contribute(config, extra))
	assert.NotSame(t, shared, config.ClientSessionCache)
	assert.Same(t, extra.ClientSessionCache, config.ClientSessionCache)
}
