package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/mysql"
)

// dialect is one kind of connection string, with all that it may say about TLS. The text has the marks of fill.
type dialect struct {
	name   string
	text   string   // without a word about TLS
	join   string   // stands between two settings
	raised []string // words that ask for no more than full verification
	weak   []string // words that ask for less, and to which a token does not go
}

// weakTLS is the name of a configuration of go-sql-driver's that verifies nothing.
const weakTLS = "e2e-weak"

// dialects are those of each engine, by its name.
var dialects = map[string][]dialect{
	"mysql": {
		{"go-sql-driver", "<user>@tcp(<host>:<port>)/app?client_id=<client>", "&",
			[]string{"tls=true", "tls=preferred", "tls=" + weakTLS, "allowFallbackToPlaintext=true&allowCleartextPasswords=true", "allowNativePasswords=true&allowOldPasswords=true"},
			[]string{"tls=false", "tls=skip-verify"}},
		{"URL", "mysql://<user>@<host>:<port>/app?client_id=<client>", "&",
			[]string{"ssl-mode=PREFERRED", "ssl-mode=REQUIRED", "ssl-mode=VERIFY_CA", "ssl-mode=VERIFY_IDENTITY", "sslaccept=strict"},
			[]string{"ssl-mode=DISABLED", "sslaccept=accept_invalid_certs"}},
		{"JDBC", "jdbc:mysql://<host>:<port>/app?user=<user>&client_id=<client>", "&",
			[]string{"sslMode=PREFERRED", "sslMode=REQUIRED", "sslMode=VERIFY_CA", "sslMode=VERIFY_IDENTITY", "useSSL=true", "useSSL=true&requireSSL=true&verifyServerCertificate=false"},
			[]string{"sslMode=DISABLED", "useSSL=false", "sslMode=trust"}},
		{"ADO.NET", "Server=<host>;Port=<port>;Database=app;User Id=<user>;client_id=<client>", ";",
			[]string{"SSL Mode=Preferred", "SSL Mode=Required", "SSL Mode=VerifyCA", "SSL Mode=VerifyFull"},
			[]string{"SSL Mode=None", "SSL Mode=Disabled"}},
		{"ODBC", "Driver={MySQL ODBC 8.0 Unicode Driver};Server=<host>;Port=<port>;Database=app;User=<user>;client_id=<client>", ";",
			[]string{"SSLMODE=PREFERRED", "SSLMODE=REQUIRED", "SSLMODE=VERIFY_CA", "SSLMODE=VERIFY_IDENTITY", "FORCETLS=1"},
			[]string{"SSLMODE=DISABLED"}},
		{"variables", "AZURE_MYSQL_HOST=<host>\nAZURE_MYSQL_PORT=<port>\nAZURE_MYSQL_DATABASE=app\nAZURE_MYSQL_USERNAME=<user>\nAZURE_MYSQL_CLIENTID=<client>", "\n",
			[]string{"AZURE_MYSQL_SSL=true", "AZURE_MYSQL_SSLMODE=required", "AZURE_MYSQL_FLAG=MySQL_CLIENT_SSL"},
			[]string{"AZURE_MYSQL_SSL=false", "AZURE_MYSQL_SSLMODE=disabled", "AZURE_MYSQL_FLAG=MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT"}},
	},
	"sqlserver": {
		{"go-mssqldb", "server=<host>;port=<port>;database=app;client_id=<client>", ";",
			append(encrypts("true", "false", "optional", "mandatory", "strict"), "tlsmin=1.0", "encrypt=strict;TrustServerCertificate=true"),
			[]string{"encrypt=disable", "TrustServerCertificate=true", "encrypt=true;TrustServerCertificate=true"}},
		{"URL", "sqlserver://<host>:<port>?database=app&client_id=<client>", "&",
			append(encrypts("true", "false", "strict"), "TrustServerCertificate=false"),
			[]string{"encrypt=disable", "encrypt=true&TrustServerCertificate=true"}},
		{"JDBC", "jdbc:sqlserver://<host>:<port>;databaseName=app;client_id=<client>", ";",
			append(encrypts("true", "false", "optional", "mandatory", "strict"), "encrypt=true;trustServerCertificate=false"),
			[]string{"encrypt=true;trustServerCertificate=true", "trustServerCertificate=true"}},
		{"ADO.NET", "Server=tcp:<host>,<port>;Database=app;client_id=<client>", ";",
			append(encrypts("True", "False", "Optional", "Mandatory", "Strict"), "Encrypt=True;Trust Server Certificate=False"),
			[]string{"Encrypt=True;Trust Server Certificate=True", "Encrypt=Optional;TrustServerCertificate=yes"}},
		{"ODBC", "Driver={ODBC Driver 18 for SQL Server};Server=tcp:<host>,<port>;Database=app;client_id=<client>", ";",
			encrypts("yes", "no", "optional", "mandatory", "strict"),
			[]string{"Encrypt=yes;TrustServerCertificate=yes"}},
		{"variables", "AZURE_SQL_SERVER=<host>\nAZURE_SQL_PORT=<port>\nAZURE_SQL_DATABASE=app\nAZURE_SQL_CLIENTID=<client>", "\n",
			[]string{"AZURE_SQL_AUTHENTICATIONTYPE=azure-active-directory-msi", "AZURE_SQL_SSL=true", "AZURE_SQL_SSLMODE=optional"},
			[]string{"AZURE_SQL_SSL=false", "AZURE_SQL_SSLMODE=disable"}},
	},
}

func encrypts(words ...string) []string {
	settings := make([]string, len(words))
	for i, word := range words {
		settings[i] = "Encrypt=" + word
	}
	return settings
}

// write is the dialect's string for the server at host, which is really at address, with a word about TLS. It
// returns what sql.Open gets and what stands in the environment.
func (d dialect) write(host, address string, id azuretest.Identity, word string) (text string, environ []string) {
	text = d.text
	if word != "" {
		text += d.join + word
	}
	text = fill(strings.ReplaceAll(text, "<host>", host), address, id)
	if d.name == "variables" {
		return "", strings.Split(text, "\n")
	}
	return text, nil
}

// registerWeakTLS makes go-sql-driver know weakTLS until the test ends. Its callbacks accept everything, too.
func registerWeakTLS(t *testing.T) {
	t.Helper()
	require.NoError(t, gomysql.RegisterTLSConfig(weakTLS, weakConfig()))
	t.Cleanup(func() { gomysql.DeregisterTLSConfig(weakTLS) })
}

func weakConfig() *tls.Config {
	return &tls.Config{
		InsecureSkipVerify:    true,
		ServerName:            "wrong-name.invalid",
		MinVersion:            tls.VersionTLS10,
		VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return nil },
		VerifyConnection:      func(tls.ConnectionState) error { return nil },
	}
}

// door is a way in which this module opens a connection. It is closed again.
type door struct {
	name string
	open func(ctx context.Context, text string, o *passwordless.Options) error
}

// doors are those of the engine.
func (b *bench) doors() []door {
	doors := []door{{"Connector", b.connectOnce}}
	if b.engine == &mySQL {
		doors = append(doors, door{"Configure", connectConfigured})
	}
	return doors
}

// connectOnce opens a connector and one connection, and closes both.
func (b *bench) connectOnce(ctx context.Context, text string, o *passwordless.Options) error {
	c, err := b.open(text, o)
	if err != nil {
		return err
	}
	defer c.Close() // which never fails
	return openOnce(ctx, c)
}

// connectConfigured is connectOnce with a configuration of the caller's own, which is as careless as can be.
func connectConfigured(ctx context.Context, text string, o *passwordless.Options) error {
	cfg := gomysql.NewConfig()
	cfg.TLS, cfg.Logger = weakConfig(), &gomysql.NopLogger{}
	cfg.AllowFallbackToPlaintext, cfg.AllowCleartextPasswords, cfg.AllowOldPasswords = true, true, true
	if err := mysql.Configure(cfg, text, o); err != nil {
		return err
	}
	native, err := gomysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	conn, err := native.Connect(ctx)
	if err != nil {
		return mysql.Explain(err)
	}
	return conn.Close()
}

// requireAnchor asserts what an error is about.
func requireAnchor[E error](t *testing.T, err error, anchor, label string) {
	t.Helper()
	refused, ok := errors.AsType[E](err)
	require.True(t, ok, "%s: %T: %v", label, err, err)
	require.Contains(t, refused.Error(), "(see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#"+anchor+")", label)
}

// A configuration that is registered with the driver gives its roots, which here verify the server, and nothing else.
func TestRegisteredMySQLConfigurationGivesRootsOnly(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id := b.userAssigned(t)
	config := weakConfig()
	config.RootCAs = b.CA().Pool()
	require.NoError(t, gomysql.RegisterTLSConfig(weakTLS, config))
	t.Cleanup(func() { gomysql.DeregisterTLSConfig(weakTLS) })
	options := b.options()
	options.RootCAs = nil
	registered := func(f interface{ Addr() string }) string {
		return b.toAddress(f.Addr(), id.Name, "client_id="+id.ClientID, "tls="+weakTLS)
	}

	b.requireUser(t, id.Name, b.db(t, registered(b.server), options))
	for _, c := range unverifiedServers {
		f := b.newFront(t)
		f.Inject(c.fault)
		requireLoginError(t, b.connectOnce(limited(t), registered(f), options), c.anchor, c.says)
		requireNoToken(t, f)
	}
	stranger := b.unknownCA(t)
	requireLoginError(t, b.connectOnce(limited(t), registered(stranger), options), "server-certificate", "signed by no one trusted here")
	requireNoToken(t, stranger)
}

// unknownCA is a front end whose certificate is of an authority that no one here knows.
func (b *bench) unknownCA(t *testing.T) front {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	certificate, err := ca.Issue(loopback, b.azure)
	require.NoError(t, err)
	return b.bareFront(t, nil, certificate)
}

// named is a front end with a good certificate for these names.
func (b *bench) named(t *testing.T, names ...string) front {
	t.Helper()
	return b.bareFront(t, names, tls.Certificate{})
}

// bareFront is a front end until the test ends that logs in who has a token, and answers without rows.
func (b *bench) bareFront(t *testing.T, names []string, certificate tls.Certificate) front {
	t.Helper()
	f, err := b.bare(b.Cloud, names, certificate)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}
