package trust

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

func azureConfig(mode dsn.TLS, host string) dsn.Config {
	return dsn.Config{Engine: dsn.PostgreSQL, TLS: mode, Hosts: []dsn.Host{{Name: host, Port: 5432}}}
}

func TestNewTLSRaises(t *testing.T) {
	const inAzure, elsewhere = "s.postgres.database.azure.com", "db"
	for _, row := range []struct {
		name  string
		mode  dsn.TLS
		host  string
		token bool

		off, raised, warns bool
		err                string
	}{
		{name: "unset", mode: dsn.TLSUnset, host: inAzure, token: true, raised: true},
		{name: "prefer", mode: dsn.TLSPrefer, host: inAzure, token: true, raised: true},
		{name: "require", mode: dsn.TLSRequire, host: inAzure, token: true, raised: true},
		{name: "verify-ca", mode: dsn.TLSVerifyCA, host: inAzure, token: true, raised: true},
		{name: "verify-full", mode: dsn.TLSVerifyFull, host: inAzure, token: true},
		{name: "disable with a token", mode: dsn.TLSDisable, host: elsewhere, token: true, err: "a token is sent only to a verified server"},
		{name: "skip-verify with a token", mode: dsn.TLSSkipVerify, host: inAzure, token: true, raised: true, warns: true},
		{name: "skip-verify with a token elsewhere", mode: dsn.TLSSkipVerify, host: elsewhere, token: true, err: "(sslmode, sslfactory or Trust Server Certificate), but a token is sent only to a verified server"},
		{name: "skip-verify under another engine's suffix", mode: dsn.TLSSkipVerify, host: "s.database.windows.net", token: true, err: "a token is sent only to a verified server"},
		{name: "disable with a token in Azure", mode: dsn.TLSDisable, host: inAzure, token: true, err: "a token is sent only to a verified server"},
		{name: "unset with a password", mode: dsn.TLSUnset, host: elsewhere, raised: true},
		{name: "require with a password", mode: dsn.TLSRequire, host: elsewhere, raised: true},
		{name: "skip-verify with a password", mode: dsn.TLSSkipVerify, host: elsewhere, raised: true, warns: true},
		{name: "disable with a password elsewhere", mode: dsn.TLSDisable, host: elsewhere, off: true, warns: true},
		{name: "disable with a password in Azure", mode: dsn.TLSDisable, host: inAzure, err: inAzure},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := Servers{azureConfig(row.mode, row.host), &passwordless.Options{}}
			p, err := NewTLS(s, environ.Vars{}, row.token)
			if row.err != "" {
				var setup *passwordless.SetupError
				require.ErrorAs(t, err, &setup)
				assert.Equal(t, "tls-disabled", setup.Anchor)
				assert.ErrorContains(t, err, row.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.raised, p.raised != "")
			assert.Equal(t, row.warns, len(p.Warnings) > 0)
			c := p.Config(s.VerifiedName(row.host))
			if row.off {
				assert.Nil(t, c)
				return
			}
			assert.Equal(t, row.host, c.ServerName)
			assert.EqualValues(t, tls.VersionTLS12, c.MinVersion)
			assert.Nil(t, c.RootCAs, "the system's roots")
			assert.False(t, c.InsecureSkipVerify)
			assert.Nil(t, c.VerifyConnection)
			assert.Nil(t, c.VerifyPeerCertificate)
		})
	}
}

func TestNewTLSDisableBehindAnAzureServerName(t *testing.T) {
	c := azureConfig(dsn.TLSDisable, "127.0.0.1")
	_, err := NewTLS(Servers{c, &passwordless.Options{ServerName: "s.postgres.database.azure.com"}}, environ.Vars{}, false)
	require.ErrorContains(t, err, "s.postgres.database.azure.com")
}

func TestTLSConfigNames(t *testing.T) {
	for _, row := range []struct {
		name, host, fromString, fromOptions, want string
	}{
		{"the host", "S.example.com.", "", "", "s.example.com"},
		{"the string's name", "10.0.0.4", "*.database.windows.net", "", "*.database.windows.net"},
		{"the Options' name", "10.0.0.4", "a.example.com", "b.example.com", "b.example.com"},
		{"an address in brackets", "[::1]", "", "", "::1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := azureConfig(dsn.TLSVerifyFull, row.host)
			c.ServerName = row.fromString
			s := Servers{c, &passwordless.Options{ServerName: row.fromOptions}}
			p, err := NewTLS(s, environ.Vars{}, true)
			require.NoError(t, err)
			one, other := p.Config(s.VerifiedName(row.host)), p.Config(s.VerifiedName(row.host))
			assert.Equal(t, row.want, one.ServerName)
			assert.NotSame(t, one, other)
		})
	}
}

// handshake connects to a server with the certificate and returns what the
// client makes of it.
func handshake(t *testing.T, client *tls.Config, server tls.Certificate, clientAuth tls.ClientAuthType) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = conn.Close() }()
		c := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: clientAuth}
		done <- tls.Server(conn, c).HandshakeContext(t.Context())
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	clientErr := tls.Client(conn, client).HandshakeContext(t.Context())
	serverErr := <-done
	if clientErr != nil {
		return clientErr
	}
	return serverErr
}

func TestTLSVerifies(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	stranger, err := azuretest.NewCA()
	require.NoError(t, err)
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, ca.WriteFile(caFile))

	for _, row := range []struct {
		name     string
		host     string
		names    []string // in the certificate
		issuer   *azuretest.CA
		rootFile string
		env      []string
		o        *passwordless.Options
		ok       bool
	}{
		{"roots of the variable", "db.example.com", []string{"db.example.com"}, ca, "", []string{"PASSWORDLESS_CA_FILE=" + caFile}, nil, true},
		{"roots of the string", "db.example.com", []string{"db.example.com"}, ca, caFile, nil, nil, true},
		{"roots of Options", "db.example.com", []string{"db.example.com"}, ca, "", nil, &passwordless.Options{RootCAs: []*x509.Certificate{ca.Certificate()}}, true},
		{"an address", "127.0.0.1", []string{"127.0.0.1"}, ca, caFile, nil, nil, true},
		{"an address that is not in the certificate", "127.0.0.1", []string{"localhost"}, ca, caFile, nil, nil, false},
		{"another name", "db.example.com", []string{"other.example.com"}, ca, caFile, nil, nil, false},
		{"the name of ServerName", "127.0.0.1", []string{"db.example.com"}, ca, caFile, nil, &passwordless.Options{ServerName: "db.example.com"}, true},
		{"only the host's name although ServerName is another", "127.0.0.1", []string{"127.0.0.1"}, ca, caFile, nil, &passwordless.Options{ServerName: "db.example.com"}, false},
		{"another issuer", "db.example.com", []string{"db.example.com"}, stranger, caFile, nil, nil, false},
		{"no extra roots", "db.example.com", []string{"db.example.com"}, ca, "", nil, nil, false},
		{"expired", "db.example.com", []string{"db.example.com"}, ca, caFile, nil, nil, false},
		{"a wildcard name", "x", []string{"*.database.windows.net"}, ca, caFile, nil, &passwordless.Options{ServerName: "*.database.windows.net"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			issue := row.issuer.Issue
			if row.name == "expired" {
				issue = row.issuer.IssueExpired
			}
			certificate, err := issue(row.names...)
			require.NoError(t, err)
			c := azureConfig(dsn.TLSVerifyCA, row.host)
			c.RootCertFile = row.rootFile
			s := Servers{c, cmp.Or(row.o, &passwordless.Options{})}
			p, err := NewTLS(s, environ.NewVars(row.env), true)
			require.NoError(t, err)
			err = handshake(t, p.Config(s.VerifiedName(row.host)), certificate, tls.NoClientCert)
			if row.ok {
				require.NoError(t, err)
				return
			}
			var verification *tls.CertificateVerificationError
			require.ErrorAs(t, err, &verification)
		})
	}
}

// writeKeyPair writes a certificate and its key as PEM files.
func writeKeyPair(t *testing.T, c tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	key, ok := c.PrivateKey.(*ecdsa.PrivateKey)
	require.True(t, ok)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return certFile, keyFile
}

func TestTLSClientCertificate(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	server, err := ca.Issue("db.example.com")
	require.NoError(t, err)
	client, err := ca.Issue("client")
	require.NoError(t, err)
	c := azureConfig(dsn.TLSRequire, "db.example.com")
	c.ClientCertFile, c.ClientKeyFile = writeKeyPair(t, client)
	p, err := NewTLS(Servers{c, &passwordless.Options{RootCAs: []*x509.Certificate{ca.Certificate()}}}, environ.Vars{}, false)
	require.NoError(t, err)
	require.NoError(t, handshake(t, p.Config("db.example.com"), server, tls.RequireAnyClientCert))
}

func TestNewTLSFileErrors(t *testing.T) {
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(noPEM, []byte("canary"), 0o600))
	for _, row := range []struct {
		name     string
		env      []string
		change   func(*dsn.Config)
		variable string
	}{
		{"missing CA file", []string{"PASSWORDLESS_CA_FILE=/no/such/file"}, func(*dsn.Config) {}, "PASSWORDLESS_CA_FILE"},
		{"CA file without certificates", []string{"PASSWORDLESS_CA_FILE=" + noPEM}, func(*dsn.Config) {}, "PASSWORDLESS_CA_FILE"},
		{"missing root file", nil, func(c *dsn.Config) { c.RootCertFile = "/no/such/file" }, "sslrootcert"},
		{"missing client certificate", nil, func(c *dsn.Config) { c.ClientCertFile, c.ClientKeyFile = "/no/such/file", "/no/key" }, "sslcert"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := azureConfig(dsn.TLSRequire, "db.example.com")
			row.change(&c)
			_, err := NewTLS(Servers{c, &passwordless.Options{}}, environ.NewVars(row.env), true)
			var setup *passwordless.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, row.variable, setup.Variable)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestClientCertificateAndKeyNeedEachOther(t *testing.T) {
	c := azureConfig(dsn.TLSRequire, "db.example.com")
	c.ClientCertFile = "c.pem"
	_, err := NewTLS(Servers{c, &passwordless.Options{}}, environ.Vars{}, true)
	require.ErrorContains(t, err, "sslcert: is set but sslkey is not")
	c.ClientCertFile, c.ClientKeyFile = "", "k.pem"
	_, err = NewTLS(Servers{c, &passwordless.Options{}}, environ.Vars{}, true)
	require.ErrorContains(t, err, "sslkey: is set but sslcert is not")
}

func TestUnknownTLSDeclarationIsAnError(t *testing.T) {
	_, err := NewTLS(Servers{azureConfig(dsn.TLSVerifyFull+1, "db.example.com"), &passwordless.Options{}}, environ.Vars{}, false)
	require.ErrorAs(t, err, new(*passwordless.SetupError))
}
