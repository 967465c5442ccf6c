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
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// TestTokenIsGuarded puts go-mssqldb's own weak modes into the configuration, as
// a fault of this package or of a later go-mssqldb might: nothing gets out.
func TestTokenIsGuarded(t *testing.T) {
	for name, weaken := range map[string]func(*msdsn.Config, *serverLogin){
		"no TLS":         func(cfg *msdsn.Config, _ *serverLogin) { cfg.Encryption = msdsn.EncryptionDisabled },
		"login only":     func(cfg *msdsn.Config, _ *serverLogin) { cfg.Encryption = msdsn.EncryptionOff },
		"not verified":   func(_ *msdsn.Config, l *serverLogin) { l.tls.InsecureSkipVerify = true },
		"another name":   func(_ *msdsn.Config, l *serverLogin) { l.tls.ServerName = "localhost" },
		"TLS of its own": func(cfg *msdsn.Config, _ *serverLogin) { cfg.Encryption = msdsn.EncryptionRequired },
	} {
		t.Run(name, func(t *testing.T) {
			names := []string{"localhost"}
			if name == "no TLS" || name == "TLS of its own" {
				names = nil
			}
			b := engine.Bench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: names}})
			if name == "no TLS" || name == "login only" {
				b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
			}
			c := b.Connector(t)
			login, err := c.handle.Login(t.Context())
			require.NoError(t, err)
			l := &serverLogin{handle: c.handle, dial: c.dial, address: b.Server.Addr(), caller: t.Context(), login: login}
			cfg, err := c.config(dsn.Host{Name: "127.0.0.1", Port: uint16(b.Server.Port())}, l)
			require.NoError(t, err)
			weaken(&cfg, l)
			native, err := l.connector(cfg)
			require.NoError(t, err)
			native.Dialer = l
			_, err = l.run(native, "")
			require.Error(t, err)
			require.NoError(t, b.Server.Close())
			assert.Empty(t, b.Server.Plaintext())
			for _, login := range b.Server.Logins() {
				assert.Zero(t, login.PasswordLength)
			}
		})
	}
}

func TestBrowserIsNotAsked(t *testing.T) {
	_, err := new(serverLogin).DialContext(t.Context(), "udp", "127.0.0.1:1434")
	require.ErrorIs(t, err, errBrowser)
}

func TestUnsecuredConnectionGetsNoToken(t *testing.T) {
	l := &serverLogin{login: connector.Login{Password: dsn.NewSecret("t"), IsToken: true}}
	_, err := l.token(t.Context())
	require.ErrorIs(t, err, errNotTLS)
	_, err = l.tokenOfTenant(t.Context(), "", "https://login.microsoftonline.com/t")
	require.ErrorIs(t, err, errNotTLS)
	require.ErrorIs(t, errors.Join(l.redirect("h")), errPlain)
	l.name = "h"
	require.ErrorAs(t, l.redirect("no port"), new(*net.AddrError))
}
