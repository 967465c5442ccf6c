package frontend_test

import (
	"crypto/fips140"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { assert.NoError(t, b.login(t, nil)) })
		}
		group.Wait()
		logins := b.Logins()
		assert.Len(t, logins, 50)
		for _, login := range logins {
			assert.NoError(t, login.Err)
		}
	})
}

// A server that is closed ends connections at once.
func TestClosedServesNoOne(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		require.NoError(t, b.Close())
		client, served := net.Pipe()
		defer client.Close()
		b.ServeConn(t.Context(), served)
		_, err := client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
	})
}

// TLS 1.2 is taken, 1.1 is not.
func TestTLSVersions(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		require.NoError(t, b.login(t, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }))
		assert.Equal(t, uint16(tls.VersionTLS12), b.Logins()[0].TLS)
		require.Error(t, b.login(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }))
		require.NoError(t, b.Close())
		if fips140.Enabled() {
			return // the client itself has refused
		}
		login := b.Logins()[1]
		assert.Zero(t, login.TLS)
		assert.ErrorContains(t, login.Err, "TLS handshake")
	})
}

// certificateFaults are those that end the handshake of a client that verifies. Its
// error has the text, and the cause in it where the driver keeps that.
var certificateFaults = []struct {
	kind  azuretest.ServerFaultKind
	text  string
	cause func(t *testing.T, err error)
}{
	{azuretest.SelfSigned, "unknown authority", func(t *testing.T, err error) {
		var unknown x509.UnknownAuthorityError
		assert.ErrorAs(t, err, &unknown)
	}},
	{azuretest.WrongName, "wrong-name.invalid", func(t *testing.T, err error) {
		var wrong x509.HostnameError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, []string{"wrong-name.invalid"}, wrong.Certificate.DNSNames)
	}},
	{azuretest.ExpiredCertificate, "expired", func(t *testing.T, err error) {
		var invalid x509.CertificateInvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, x509.Expired, invalid.Reason)
	}},
}

// Each certificate fault ends the handshake of a client that verifies, and lets one
// in that does not.
func TestCertificateFaults(t *testing.T) {
	for _, c := range certificateFaults {
		onEach(t, func(t *testing.T, b *bench) {
			remove := b.Inject(azuretest.ServerFault{Kind: c.kind})
			err := b.login(t, nil)
			require.ErrorContains(t, err, c.text)
			if b.causes {
				c.cause(t, err)
			}
			require.NoError(t, b.login(t, func(c *tls.Config) { c.InsecureSkipVerify = true }))
			remove()
			require.NoError(t, b.login(t, nil))

			require.NoError(t, b.Close())
			failed, sent := 0, 0
			for _, login := range b.Logins() {
				if login.TLS == 0 {
					failed++
					assert.ErrorContains(t, login.Err, "TLS handshake")
					assert.Equal(t, "localhost", login.ServerName)
					assert.Zero(t, login.PasswordLength)
				}
				if login.PasswordLength > 0 {
					sent++
				}
			}
			assert.Equal(t, 1, failed)
			assert.Equal(t, 2, sent, "the careless client and the last one")
			assert.Empty(t, b.Plaintext())
		})
	}
}

func TestBrokenAnswers(t *testing.T) {
	for _, kind := range []azuretest.ServerFaultKind{azuretest.CloseAfterToken, azuretest.HalfPacket} {
		onEach(t, func(t *testing.T, b *bench) {
			b.Inject(azuretest.ServerFault{Kind: kind, Times: 2})
			require.Error(t, b.login(t, nil))
			require.Error(t, b.login(t, nil))
			require.NoError(t, b.login(t, nil))
			logins := b.Logins()
			require.Len(t, logins, 3)
			for _, l := range logins {
				assert.Equal(t, len(b.token), l.PasswordLength)
			}
			assert.ErrorContains(t, logins[0].Err, "as injected")
			assert.NoError(t, logins[2].Err)
		})
	}
}

// A fault that the server's engine does not have panics, or a test that injects it
// would pass for want of it.
func TestForeignFaults(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, f := range b.faults {
			b.Inject(f)()
		}
		b.Inject(azuretest.ServerFault{})
		require.NoError(t, b.login(t, nil))
		require.Len(t, b.Logins(), 1)

		for _, f := range []azuretest.ServerFault{
			{Kind: azuretest.AskMD5}, {Kind: azuretest.AskSCRAM}, {Kind: azuretest.AskNativePassword}, {Kind: azuretest.AskCachingSHA2},
			{Kind: azuretest.Route, Host: "localhost", Port: 1}, {Kind: "unknown"},
			{Kind: azuretest.Refuse}, {Kind: azuretest.Refuse, Err: b.foreign}, {Kind: azuretest.Refuse, Err: errors.New("no")},
		} {
			if !slices.Contains(b.faults, f) {
				assert.Panics(t, func() { b.Inject(f) }, "%+v", f)
			}
		}
	})
}
