package frontendtest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Server is what the front ends of all engines have in common.
type FrontEnd interface {
	Addr() string
	Inject(azuretest.ServerFault) (remove func())
	Logins() []azuretest.ServerLogin
	Plaintext() []azuretest.ServerLogin
	ServeConn(ctx context.Context, conn net.Conn)
	Close() error
}

// startFrontEnd starts a cloud and a front end of it, and closes both with the test.
func StartFrontEnd[S FrontEnd, O any](t *testing.T, start func(*azuretest.Cloud, *O) (S, error), o *O) (*azuretest.Cloud, S) {
	t.Helper()
	cloud, err := azuretest.Start(nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	server, err := start(cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return cloud, server
}

// pipe dials a server without sockets.
type Pipe struct{ Server FrontEnd }

func (p Pipe) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	go p.Server.ServeConn(context.WithoutCancel(ctx), server)
	return client, nil
}

// assertTokenLogin checks the one login of a server, with a token and over TLS, and
// returns it.
func AssertTokenLogin(t *testing.T, s FrontEnd, user, token string) azuretest.ServerLogin {
	t.Helper()
	logins := s.Logins()
	require.Len(t, logins, 1)
	login := logins[0]
	assert.NoError(t, login.Err)
	assert.Equal(t, user, login.User)
	assert.Equal(t, "orders", login.Database)
	assert.True(t, login.TLS)
	assert.Equal(t, "localhost", login.ServerName)
	assert.Equal(t, len(token), login.PasswordLength)
	assert.Equal(t, sha256.Sum256([]byte(token)), login.PasswordSHA256)
	assert.WithinDuration(t, time.Now(), login.Time, time.Minute)
	assert.Empty(t, s.Plaintext())
	return login
}

// assertAllIn checks that 50 logins succeeded, and none failed.
func AssertAllIn(t *testing.T, s FrontEnd) {
	t.Helper()
	logins := s.Logins()
	assert.Len(t, logins, 50)
	for _, login := range logins {
		assert.NoError(t, login.Err)
	}
}

// assertServesNobody checks that a server that is closed ends connections at once.
func AssertServesNobody(t *testing.T, s FrontEnd) {
	t.Helper()
	client, served := net.Pipe()
	defer client.Close()
	s.ServeConn(t.Context(), served)
	_, err := client.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
}

// testTLSVersions connects with TLS 1.2, which is taken, and 1.1, which is not.
func TestTLSVersions(t *testing.T, s FrontEnd, config *tls.Config, dial func(*tls.Config) error) {
	t.Helper()
	config.MaxVersion = tls.VersionTLS12
	require.NoError(t, dial(config))
	assert.Equal(t, uint16(tls.VersionTLS12), s.Logins()[0].TLSVersion)

	config = config.Clone()
	config.MinVersion, config.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	require.Error(t, dial(config))
	require.NoError(t, s.Close())
	login := s.Logins()[1]
	assert.False(t, login.TLS)
	assert.ErrorContains(t, login.Err, "TLS handshake")
}

// certificateFaults are those that end the handshake of a client that verifies. Its
// error has the text, and the cause in it where the driver keeps that.
var CertificateFaults = []struct {
	Name  string
	Fault azuretest.ServerFault
	Text  string
	Cause func(t *testing.T, err error)
}{
	{"self-signed", azuretest.ServerFault{Kind: azuretest.SelfSigned}, "unknown authority", func(t *testing.T, err error) {
		var unknown x509.UnknownAuthorityError
		assert.ErrorAs(t, err, &unknown)
	}},
	{"wrong name", azuretest.ServerFault{Kind: azuretest.WrongName}, "wrong-name.invalid", func(t *testing.T, err error) {
		var wrong x509.HostnameError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, []string{"wrong-name.invalid"}, wrong.Certificate.DNSNames)
	}},
	{"expired", azuretest.ServerFault{Kind: azuretest.ExpiredCertificate}, "expired", func(t *testing.T, err error) {
		var invalid x509.CertificateInvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, x509.Expired, invalid.Reason)
	}},
}

// testCertificateFaults checks that each certificate fault ends the handshake of a
// client that verifies, and lets one in that does not. Start returns a server and
// how to connect with it; causes: the driver keeps the causes of its errors.
func TestCertificateFaults(t *testing.T, causes bool, start func(t *testing.T) (s FrontEnd, dial func(careless bool) error)) {
	t.Helper()
	for _, c := range CertificateFaults {
		t.Run(c.Name, func(t *testing.T) {
			server, dial := start(t)
			remove := server.Inject(c.Fault)
			err := dial(false)
			require.ErrorContains(t, err, c.Text)
			if causes {
				c.Cause(t, err)
			}
			require.NoError(t, dial(true))
			remove()
			require.NoError(t, dial(false))

			require.NoError(t, server.Close())
			failed, sent := 0, 0
			for _, login := range server.Logins() {
				if !login.TLS {
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
			assert.Empty(t, server.Plaintext())
		})
	}
}

// testBrokenAnswers breaks the answers to two logins. Login makes three with a
// server that has the fault, and returns what the server saw.
func TestBrokenAnswers(t *testing.T, login func(t *testing.T, twice azuretest.ServerFault) []azuretest.ServerLogin) {
	t.Helper()
	for name, fault := range map[string]azuretest.ServerFault{
		"close after token": {Kind: azuretest.CloseAfterToken}, "half packet": {Kind: azuretest.HalfPacket},
	} {
		t.Run(name, func(t *testing.T) {
			fault.Times = 2
			logins := login(t, fault)
			require.Len(t, logins, 3)
			for _, l := range logins {
				assert.NotZero(t, l.PasswordLength)
			}
			assert.ErrorContains(t, logins[0].Err, "as injected")
			assert.NoError(t, logins[2].Err)
		})
	}
}

// assertOneSilence checks the two logins of a server that was silent in one.
func AssertOneSilence(t *testing.T, s FrontEnd) {
	t.Helper()
	require.Eventually(t, func() bool { return len(s.Logins()) == 2 }, 20*time.Second, time.Millisecond)
	require.NoError(t, s.Close())
	logins := s.Logins()
	require.Len(t, logins, 2)
	for _, login := range logins {
		if login.Err != nil {
			assert.ErrorContains(t, login.Err, "said nothing")
			assert.Zero(t, login.PasswordLength)
		}
	}
}

// requireSettled waits until there are no more goroutines than before, but for
// the one in which Eventually looks.
func RequireSettled(t *testing.T, before int) {
	t.Helper()
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 },
		10*time.Second, 5*time.Millisecond, "goroutines are left")
}

// testForeignFaults checks that a fault that the server's engine does not have
// panics, or the test that injects it would pass for want of it, and that the
// engine's own ones and the zero fault do not. Foreign is an error of another engine.
func TestForeignFaults(t *testing.T, s FrontEnd, connect func() error, foreign error, own ...azuretest.ServerFault) {
	t.Helper()
	faults := []azuretest.ServerFault{
		{Kind: azuretest.AskMD5}, {Kind: azuretest.AskSCRAM}, {Kind: azuretest.AskNativePassword}, {Kind: azuretest.AskCachingSHA2},
		{Kind: azuretest.Route, Host: "localhost", Port: 1}, {Kind: "unknown"},
		{Kind: azuretest.Refuse}, {Kind: azuretest.Refuse, Err: foreign}, {Kind: azuretest.Refuse, Err: errors.New("no")},
	}
	for _, f := range faults {
		if !slices.Contains(own, f) {
			assert.Panics(t, func() { s.Inject(f) }, "%+v", f)
		}
	}
	for _, f := range own {
		s.Inject(f)()
	}
	s.Inject(azuretest.ServerFault{})
	assert.NoError(t, connect())
	assert.Len(t, s.Logins(), 1)
}
