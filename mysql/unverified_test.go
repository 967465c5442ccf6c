package mysql

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

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
			server := "127.0.0.1:" + strconv.Itoa(b.server.Port())
			for _, s := range []string{
				b.dsn(), b.dsn("tls=preferred"), b.dsn("allowFallbackToPlaintext=true", "allowCleartextPasswords=true"),
				"app@tcp(" + server + ")/orders",
				"jdbc:mysql://" + server + "/orders?sslmode=required&user=app",
				"Server=127.0.0.1;Port=" + strconv.Itoa(b.server.Port()) + ";Database=orders;User Id=app;SSL Mode=Preferred;",
			} {
				c, err := NewConnector(s, b.options)
				require.NoError(t, err, s)
				login := loginError(t, connect(t, c))
				assert.Equal(t, row.anchor, login.Anchor, "%s: %v", s, login)
				require.NoError(t, c.Close())
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
	for _, declared := range []string{"tls=false", "tls=skip-verify"} {
		_, err := NewConnector(b.dsn(declared), b.options)
		setup, ok := errors.AsType[*connector.SetupError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "tls-disabled", setup.Anchor)
	}

	b.options.TrustedHosts = []string{"elsewhere.example.com"}
	_, err := NewConnector(b.dsn(), b.options)
	setup, ok := errors.AsType[*connector.SetupError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	assert.Empty(t, b.issuer.issued())
	assert.Empty(t, b.server.Logins())
}
