package e2e_test

import (
	"context"
	"fmt"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/mysql"
)

// untrusted are connections that are refused before anything is sent anywhere, by the engine's name: none of their
// servers, or not each, may have a token. What is refused for its words about TLS is among the dialects.
var untrusted = map[string][]struct {
	name   string
	text   func(f front) string
	adjust func(*passwordless.Options)
	host   string // that is refused
}{
	"mysql": {
		{name: "untrusted host", text: mySQLAt(), adjust: trust(), host: loopback},
		{name: "trusted host, untrusted name by option", text: mySQLAt(), adjust: serverName("evil.example"), host: "evil.example"},
		{name: "trusted host, untrusted name in the string", text: mySQLAt("hostNameInCertificate=evil.example"), host: "evil.example"},
		{name: "second host of a list, ADO.NET", text: func(f front) string {
			return fmt.Sprintf("Server=%s,evil.example;Port=%d;Database=app;User Id=app", f.Host(), f.Port())
		}, host: "evil.example"},
		{name: "first host of a list, JDBC", text: func(f front) string {
			return fmt.Sprintf("jdbc:mysql://evil.example:3306,%s/app?user=app", f.Addr())
		}, host: "evil.example"},
		{name: "host that only looks like Azure's", text: literally("app@tcp(srv.mysql.database.azure.com.evil.example)/app"),
			host: "srv.mysql.database.azure.com.evil.example"},
		{name: "a suffix and no name", text: literally("app@tcp(evilmysql.database.azure.com)/app"), host: "evilmysql.database.azure.com"},
		{name: "host of another of Azure's services", text: literally("app@tcp(srv.database.windows.net)/app"), host: "srv.database.windows.net"},
		{name: "host of PostgreSQL's", text: literally("app@tcp(srv.postgres.database.azure.com)/app"), host: "srv.postgres.database.azure.com"},
		{name: "trusted host is a suffix", text: literally("app@tcp(a.corp.example)/app"), adjust: trust("corp.example"), host: "a.corp.example"},
	},
	"sqlserver": {
		{name: "untrusted host", text: sqlServerAt(), adjust: trust(), host: loopback},
		{name: "trusted host, untrusted name by option", text: sqlServerAt(), adjust: serverName("evil.example"), host: "evil.example"},
		{name: "trusted host, untrusted name in the string", text: sqlServerAt("hostNameInCertificate=evil.example"), host: "evil.example"},
		{name: "trusted host, a wildcard that is nobody's", text: sqlServerAt("hostNameInCertificate=*.evil.example"), host: "*.evil.example"},
		{name: "trusted host, too wide a wildcard", text: sqlServerAt("hostNameInCertificate=*.windows.net"), host: "*.windows.net"},
		{name: "failover partner", text: sqlServerAt("failover partner=evil.example"), host: "evil.example"},
		{name: "server with a trusted partner, ADO.NET", text: func(f front) string {
			return fmt.Sprintf("Server=tcp:evil.example,1433;Failover Partner=%s,%d;Database=app", f.Host(), f.Port())
		}, host: "evil.example"},
		{name: "partner that only looks like Azure's, JDBC", text: func(f front) string {
			return fmt.Sprintf("jdbc:sqlserver://%s;databaseName=app;failoverPartner=srv.database.windows.net.evil.example", f.Addr())
		}, host: "srv.database.windows.net.evil.example"},
		{name: "host that only looks like Azure's", text: literally("Server=tcp:srv.database.windows.net.evil.example,1433;Database=app"),
			host: "srv.database.windows.net.evil.example"},
		{name: "a suffix and no name", text: literally("Server=evildatabase.windows.net;Database=app"), host: "evildatabase.windows.net"},
		{name: "host of another of Azure's services", text: literally("sqlserver://srv.mysql.database.azure.com?database=app"),
			host: "srv.mysql.database.azure.com"},
		{name: "another service's host under the same suffix", text: literally("Server=srv.blob.core.windows.net;Database=app"),
			host: "srv.blob.core.windows.net"},
		{name: "trusted host is a suffix", text: literally("Server=a.corp.example;Database=app"), adjust: trust("corp.example"), host: "a.corp.example"},
	},
}

func mySQLAt(more ...string) func(front) string {
	return func(f front) string { return mySQL.text(f.Addr(), database, "app", more...) }
}

func sqlServerAt(more ...string) func(front) string {
	return func(f front) string { return sqlServer.text(f.Addr(), database, "", more...) }
}

func literally(text string) func(front) string { return func(front) string { return text } }

func serverName(name string) func(*passwordless.Options) {
	return func(o *passwordless.Options) { o.ServerName = name }
}

func TestEngineRefusedSetupAsksForNoToken(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		for _, c := range untrusted[b.name] {
			t.Run(c.name, func(t *testing.T) {
				f := b.named(t, loopback)
				text := c.text(f)
				options := b.options(b.connectionString(text), b.prefix+"CLIENTID="+b.AddUserAssigned(azuretest.Identity{}).ClientID)
				if c.adjust != nil {
					c.adjust(options)
				}
				endpoint := b.newValve(t)
				options.Transport = endpoint
				for _, door := range b.doors() {
					requireSetupError(t, door.open(limited(t), "", options), "untrusted-host", fmt.Sprintf("host %q", c.host))
					requireSetupError(t, door.open(limited(t), text, options), "untrusted-host", fmt.Sprintf("host %q", c.host))
				}
				assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
				requireNoToken(t, f)
				assert.Empty(t, f.Logins(), "connections")
			})
		}
	})
}

// Neither does one whose words about TLS are too weak.
func TestEngineWeakTLSAsksForNoToken(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		id, f, endpoint := b.userAssigned(t), b.named(t, loopback), b.newValve(t)
		for _, d := range dialects[b.name] {
			for _, word := range d.weak {
				text, environ := d.write(loopback, f.Addr(), id, word)
				options := b.options(environ...)
				options.Transport = endpoint
				for _, door := range b.doors() {
					requireSetupError(t, door.open(limited(t), text, options), "tls-disabled", "a token is sent only to a verified server")
				}
			}
		}
		assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
		requireNoToken(t, f)
		assert.Empty(t, f.Logins(), "connections")
	})
}

// A configuration's own function may still choose the host of a connection; the choice is checked like any other.
func TestMySQLFunctionCannotChooseAnUntrustedHost(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id := b.userAssigned(t)
	f := b.named(t, "evil.example")
	endpoint, options := b.newValve(t), b.options()
	options.Dial, options.Transport = dialTo(f), endpoint
	cfg := gomysql.NewConfig()
	cfg.Logger = &gomysql.NopLogger{}
	require.NoError(t, mysql.Configure(cfg, b.to(id.Name, "client_id="+id.ClientID), options, func(_ context.Context, own *gomysql.Config) error {
		own.Addr, own.TLS = fmt.Sprintf("evil.example:%d", f.Port()), weakConfig()
		return nil
	}))
	native, err := gomysql.NewConnector(cfg)
	require.NoError(t, err)
	_, err = native.Connect(limited(t))
	requireSetupError(t, err, "untrusted-host", `host "evil.example"`)
	assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
	requireNoToken(t, f)
}

// The address that is dialled is ignored, in either direction: tunnels and private endpoints.
func TestEngineVerifiedNameDecides(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		for _, c := range []struct {
			name    string
			address string
			more    string
			adjust  func(*passwordless.Options)
		}{
			{"Azure's name, dialled elsewhere", fmt.Sprintf("%s:%d", b.azure, port(t, b.server.Addr())), "", func(o *passwordless.Options) { o.Dial = dialTo(b.server) }},
			{"a tunnel, Options.ServerName", b.server.Addr(), "", serverName(b.azure)},
			{"a tunnel, hostNameInCertificate", b.server.Addr(), "hostNameInCertificate=" + b.azure, func(*passwordless.Options) {}},
		} {
			t.Run(c.name, func(t *testing.T) {
				id := b.userAssigned(t)
				options := b.options()
				options.TrustedHosts = []string{}
				c.adjust(options)
				text := b.toAddress(c.address, id.Name, "client_id="+id.ClientID, c.more)
				b.requireUser(t, id.Name, b.db(t, text, options))
				for _, door := range b.doors() {
					require.NoError(t, door.open(limited(t), text, options), door.name)
				}
			})
		}
	})
}

// Azure's documents tell clients to verify SQL Server against this name, which a certificate must hold literally.
func TestWildcardIsAName(t *testing.T) {
	b := sqlServer.on(t)
	b.onAppService(t)
	id := b.userAssigned(t)
	options := b.options()
	options.TrustedHosts = []string{}
	text := func(f front) string {
		return b.toFront(f, id.Name, "hostNameInCertificate=*.database.windows.net", "client_id="+id.ClientID)
	}
	wide, narrow := b.named(t, "*.database.windows.net"), b.named(t, b.azure)
	require.NoError(t, b.connectOnce(limited(t), text(wide), options))
	require.Len(t, wide.Logins(), 1)
	assert.NoError(t, wide.Logins()[0].Err)
	requireLoginError(t, b.connectOnce(limited(t), text(narrow), options), "server-certificate", "is for another name")
	requireNoToken(t, narrow)
}
