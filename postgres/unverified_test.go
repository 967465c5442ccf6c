package postgres

import (
	"errors"
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
			for _, mode := range []string{"require", "prefer", "verify-ca", "allow", "verify-full"} {
				err := connect(t, b.connector(t, "sslmode="+mode))
				login, ok := errors.AsType[*connector.LoginError](err)
				require.True(t, ok, "%s: %v", mode, err)
				assert.Equal(t, row.anchor, login.Anchor, "%s: %v", mode, err)
			}
			require.NoError(t, b.server.Close())
			for _, l := range b.server.Logins() {
				assert.Zero(t, l.PasswordLength)
				assert.Error(t, l.Err)
			}
		})
	}
}

func TestRefusedBeforeAToken(t *testing.T) {
	b := newBench(t, nil)
	_, err := NewConnector(b.dsn("sslmode=disable"), b.options)
	require.Error(t, err)
	assert.ErrorContains(t, err, "TLS")

	b.options.TrustedHosts = []string{"elsewhere.example.com"}
	_, err = NewConnector(b.dsn(""), b.options)
	setup, ok := errors.AsType[*connector.SetupError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	assert.Empty(t, b.issuer.issued())
	assert.Empty(t, b.server.Logins())
}
