package sqlserver

import (
	"errors"
	"net"
	"testing"

	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// modes are all ways to ask for TLS, or not to.
var modes = []string{"", "encrypt=true", "encrypt=false", "encrypt=optional", "encrypt=mandatory", "encrypt=strict",
	"encrypt=strict;TrustServerCertificate=true", "encrypt=true;hostNameInCertificate=127.0.0.1"}

// TestNoTokenWithoutVerifiedTLS goes through everything that can be wrong with
// the server's TLS: no part of the token arrives, and each has its own error.
func TestNoTokenWithoutVerifiedTLS(t *testing.T) {
	for _, row := range []struct {
		name, anchor string
		fault        azuretest.ServerFault
	}{
		{"no TLS", "server-without-tls", azuretest.NoTLS()},
		{"impostor in clear text", "server-without-tls", azuretest.Plaintext()},
		{"self-signed", "unknown-authority", azuretest.SelfSigned()},
		{"another name", "certificate-name", azuretest.WrongName()},
		{"expired", "certificate-invalid", azuretest.ExpiredCertificate()},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.server.Inject(row.fault)
			for _, mode := range modes {
				err := connect(t, b.connector(t, mode))
				login, ok := errors.AsType[*connector.LoginError](err)
				require.True(t, ok, "%s: %v", mode, err)
				assert.Equal(t, row.anchor, login.Anchor, "%s: %v", mode, err)
			}
			require.NoError(t, b.server.Close())
			assert.Empty(t, b.server.Plaintext())
			for _, l := range b.server.Logins() {
				assert.Zero(t, l.PasswordLength)
				assert.Error(t, l.Err)
			}
		})
	}
}

func TestRefusedBeforeAToken(t *testing.T) {
	b := newBench(t, nil)
	for _, mode := range []string{"encrypt=disable", "encrypt=true;TrustServerCertificate=true"} {
		_, err := NewConnector(b.dsn(mode), b.options)
		setup, ok := errors.AsType[*connector.SetupError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "tls-disabled", setup.Anchor)
	}

	b.options.TrustedHosts = []string{"127.0.0.1"}
	_, err := NewConnector(b.dsn("failover partner=elsewhere.example.com"), b.options)
	setup, ok := errors.AsType[*connector.SetupError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	assert.Empty(t, b.issuer.issued())
	assert.Empty(t, b.server.Logins())
}

// TestTokenIsGuarded puts go-mssqldb's own weak modes into the configuration, as
// a fault of this package or of a later go-mssqldb might: nothing gets out.
func TestTokenIsGuarded(t *testing.T) {
	for name, weaken := range map[string]func(*msdsn.Config){
		"no TLS":         func(cfg *msdsn.Config) { cfg.Encryption = msdsn.EncryptionDisabled },
		"login only":     func(cfg *msdsn.Config) { cfg.Encryption = msdsn.EncryptionOff },
		"not verified":   func(cfg *msdsn.Config) { cfg.TLSConfig.InsecureSkipVerify = true },
		"another name":   func(cfg *msdsn.Config) { cfg.TLSConfig.ServerName = "localhost" },
		"TLS of its own": func(cfg *msdsn.Config) { cfg.TLSConfig = nil },
	} {
		t.Run(name, func(t *testing.T) {
			names := []string{"localhost"}
			if name == "no TLS" || name == "TLS of its own" {
				names = nil
			}
			b := newBench(t, &azuretest.SQLServerOptions{Names: names})
			if name == "no TLS" || name == "login only" {
				b.server.Inject(azuretest.Plaintext())
			}
			c := b.connector(t, "")
			l, err := c.handle.Login(t.Context())
			require.NoError(t, err)
			a := &attempt{handle: c.handle, dial: c.dial, address: b.server.Addr(), caller: t.Context(), login: l}
			cfg, err := c.config(dsn.Host{Name: "127.0.0.1", Port: uint16(b.server.Port())}, a)
			require.NoError(t, err)
			weaken(&cfg)
			native, err := a.connector(cfg)
			require.NoError(t, err)
			native.Dialer = a
			_, err = a.run(native, "")
			require.Error(t, err)
			require.NoError(t, b.server.Close())
			assert.Empty(t, b.server.Plaintext())
			for _, login := range b.server.Logins() {
				assert.Zero(t, login.PasswordLength)
			}
		})
	}
}

func TestBrowserIsNotAsked(t *testing.T) {
	_, err := new(attempt).DialContext(t.Context(), "udp", "127.0.0.1:1434")
	require.ErrorIs(t, err, errBrowser)
}

func TestUnsecuredConnectionGetsNoToken(t *testing.T) {
	a := &attempt{login: connector.Login{Password: dsn.NewSecret("t"), IsToken: true}}
	_, err := a.token(t.Context())
	require.ErrorIs(t, err, errNotTLS)
	_, err = a.tokenOfTenant(t.Context(), "", "https://login.microsoftonline.com/t")
	require.ErrorIs(t, err, errNotTLS)
	require.ErrorIs(t, errors.Join(a.redirect("h")), errPlain)
	a.name = "h"
	require.ErrorAs(t, a.redirect("no port"), new(*net.AddrError))
}
