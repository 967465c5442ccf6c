package drivertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// unverified is everything that can be wrong with a server's TLS, each with the
// anchor of its error and a part of the hint.
var unverified = []struct {
	name, anchor, hint string
	fault              azuretest.ServerFault
}{
	{"no TLS", "server-without-tls", "TLS", azuretest.ServerFault{Kind: azuretest.NoTLS}},
	{"impostor in clear text", "server-without-tls", "", azuretest.ServerFault{Kind: azuretest.Plaintext}},
	{"self-signed", "server-certificate", "signed by no one trusted", azuretest.ServerFault{Kind: azuretest.SelfSigned}},
	{"another name", "server-certificate", "for another name", azuretest.ServerFault{Kind: azuretest.WrongName}},
	{"expired", "server-certificate", "not valid now", azuretest.ServerFault{Kind: azuretest.ExpiredCertificate}},
}

// NoTokenWithoutVerifiedTLS goes through everything that can be wrong with the
// server's TLS, with every string for a bench's server: no part of the token
// arrives, and each fault has its own error.
func (e Engine[S, O, C]) NoTokenWithoutVerifiedTLS(t *testing.T, strings func(*Bench[S, O, C]) []string) {
	t.Helper()
	for _, row := range unverified {
		t.Run(row.name, func(t *testing.T) {
			b := e.Bench(t, nil)
			b.Server.Inject(row.fault)
			for _, s := range strings(b) {
				login := LoginError(t, Connect(t, b.Open(t, s)))
				assert.Equal(t, row.anchor, login.Anchor, "%s: %v", s, login)
				assert.Contains(t, login.Hint, row.hint, s)
			}
			require.NoError(t, b.Server.Close())
			assert.Empty(t, b.Server.Plaintext())
			for _, l := range b.Server.Logins() {
				assert.Zero(t, l.PasswordLength)
				assert.Error(t, l.Err)
			}
		})
	}
}

// RefusedBeforeAToken opens string s, which must be refused with the anchor before
// a token is requested or anything is said to the server.
func (b *Bench[S, O, C]) RefusedBeforeAToken(t *testing.T, s, anchor string) {
	t.Helper()
	_, err := b.engine.NewConnector(s, b.Options)
	assert.Equal(t, anchor, SetupError(t, err).Anchor, s)
	assert.Empty(t, b.Issuer.Issued())
	assert.Empty(t, b.Server.Logins())
}
