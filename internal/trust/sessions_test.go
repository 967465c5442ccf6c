package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// sessionServer is a TLS server on loopback that answers each connection with a byte, after which a client has the
// session's ticket. It has any certificate that is set.
type sessionServer struct {
	t           *testing.T
	address     string
	certificate tls.Certificate // of the next handshake
	aborts      bool            // the next handshakes that are to resume a session
}

func newSessionServer(t *testing.T, certificate tls.Certificate) *sessionServer {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &sessionServer{t: t, address: listener.Addr().String(), certificate: certificate}
	config := &tls.Config{ClientAuth: tls.RequestClientCert, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &s.certificate, nil }}
	config.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		if s.aborts && len(ticket) > 0 {
			return nil, errors.New("no session is resumed here")
		}
		return config.DecryptTicket(ticket, state)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			secured := tls.Server(conn, config)
			_, _ = secured.Write([]byte{1}) // fails where the client refuses the certificate
			_, _ = secured.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return s
}

// connect makes a connection with the plan's TLS, and reports whether it resumed a session.
func (s *sessionServer) connect(c *tls.Config) (resumed bool, err error) {
	conn, err := net.DialTimeout("tcp", s.address, 10*time.Second)
	require.NoError(s.t, err)
	defer func() { _ = conn.Close() }()
	secured := tls.Client(conn, c)
	if _, err := secured.Read(make([]byte, 1)); err != nil {
		return false, err
	}
	state := secured.ConnectionState()
	assert.NotEmpty(s.t, state.VerifiedChains, "a session that was resumed has been verified, too")
	return state.DidResume, nil
}

func planned(t *testing.T, engine dsn.Engine, host string, o passwordless.Options, change ...func(*dsn.Config)) *TLS {
	c := azureConfig(dsn.TLSVerifyFull, host)
	c.Engine = engine
	for _, f := range change {
		f(&c)
	}
	p, err := NewTLS(Servers{c, &o}, environ.Vars{}, true)
	require.NoError(t, err)
	return &p
}

// forget takes away what is known of a server's name.
func forget(c *tls.Config, name string) {
	cache := c.ClientSessionCache.(*sessionCache)
	cache.Put(name, nil)
	delete(cache.failed, name)
}

func newCA(t *testing.T) *azuretest.CA {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	return ca
}

func issue(t *testing.T, ca *azuretest.CA, names ...string) tls.Certificate {
	c, err := ca.Issue(names...)
	require.NoError(t, err)
	return c
}

func TestSessionsAreResumed(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	client := issue(t, ca, "client")
	trusting := func(roots ...*azuretest.CA) passwordless.Options {
		var o passwordless.Options
		for _, ca := range roots {
			o.RootCAs = append(o.RootCAs, ca.Certificate())
		}
		return o
	}
	without := trusting(ca)
	without.NoTLSResumption = true
	const host = "db.example.com"
	first := func(t *testing.T, engine dsn.Engine) (*sessionServer, *TLS) {
		s := newSessionServer(t, issue(t, ca, host, "other.example.com"))
		p := planned(t, engine, host, trusting(ca))
		// Sessions of another test have the same roots and name, and are of no use here: this server has its own keys.
		forget(p.base, host)
		resumed, err := s.connect(p.Config(host))
		require.NoError(t, err)
		require.False(t, resumed)
		return s, p
	}
	for _, engine := range []dsn.Engine{dsn.PostgreSQL, dsn.MySQL} {
		t.Run(engine.String(), func(t *testing.T) {
			s, p := first(t, engine)
			for name, c := range map[string]*tls.Config{"the same connection": p.Config(host), "another with the same trust": planned(t, engine, host, trusting(ca)).Config(host)} {
				resumed, err := s.connect(c)
				require.NoError(t, err)
				assert.True(t, resumed, name)
			}
		})
	}
	for name, c := range map[string]func(t *testing.T) *tls.Config{
		"another name": func(t *testing.T) *tls.Config {
			return planned(t, dsn.MySQL, "other.example.com", trusting(ca)).Config("other.example.com")
		},
		"more roots":        func(t *testing.T) *tls.Config { return planned(t, dsn.MySQL, host, trusting(ca, other)).Config(host) },
		"resumption is off": func(t *testing.T) *tls.Config { return planned(t, dsn.MySQL, host, without).Config(host) },
		"a client certificate": func(t *testing.T) *tls.Config {
			return planned(t, dsn.MySQL, host, trusting(ca), func(c *dsn.Config) { c.ClientCertFile, c.ClientKeyFile = writeKeyPair(t, client) }).Config(host)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := first(t, dsn.MySQL)
			resumed, err := s.connect(c(t))
			require.NoError(t, err)
			assert.False(t, resumed)
		})
	}
}

// What has been verified once is refused as soon as a full handshake would refuse it.
func TestSessionsAreNotTrustedForMoreThanTheirCertificate(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	const host = "db.example.com"
	start := func(t *testing.T) (*sessionServer, *tls.Config) {
		s := newSessionServer(t, issue(t, ca, host))
		c := planned(t, dsn.MySQL, host, passwordless.Options{RootCAs: []*x509.Certificate{ca.Certificate()}}).Config(host)
		forget(c, host)
		_, err := s.connect(c)
		require.NoError(t, err)
		resumed, err := s.connect(c)
		require.NoError(t, err)
		require.True(t, resumed)
		return s, c
	}
	refused := func(t *testing.T, s *sessionServer, c *tls.Config) {
		_, err := s.connect(c)
		require.ErrorAs(t, err, new(*tls.CertificateVerificationError))
	}
	t.Run("the roots have changed", func(t *testing.T) {
		s, _ := start(t)
		refused(t, s, planned(t, dsn.MySQL, host, passwordless.Options{RootCAs: []*x509.Certificate{other.Certificate()}}).Config(host))
	})
	t.Run("trust was taken from the same configuration", func(t *testing.T) {
		s, c := start(t)
		c.RootCAs = other.Pool()
		refused(t, s, c)
	})
	t.Run("the certificate has expired", func(t *testing.T) {
		s, c := start(t)
		c.Time = func() time.Time { return s.certificate.Leaf.NotAfter.Add(time.Minute) }
		refused(t, s, c)
	})
	t.Run("it is for another name", func(t *testing.T) {
		s, c := start(t)
		cached, _ := c.ClientSessionCache.Get(host)
		c.ServerName = "other.example.com"
		c.ClientSessionCache.Put(c.ServerName, cached)
		refused(t, s, c)
	})
}

// A server that breaks off each handshake which is to resume a session fails one login, and not every other.
func TestAServerThatCannotResumeFailsOneLogin(t *testing.T) {
	ca := newCA(t)
	const host = "db.example.com"
	s := newSessionServer(t, issue(t, ca, host))
	s.aborts = true
	c := planned(t, dsn.MySQL, host, passwordless.Options{RootCAs: []*x509.Certificate{ca.Certificate()}}).Config(host)
	failed := 0
	for range 6 {
		if _, err := s.connect(c); err != nil {
			failed++
		}
	}
	assert.Equal(t, 1, failed)
}

// It is asked again later.
func TestSessionsAreTakenAgainAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, session := newSessionCache(), new(tls.ClientSessionState)
		kept := func(name string) bool {
			c.Put(name, session)
			_, ok := c.Get(name)
			return ok
		}
		assert.True(t, kept("a"))
		c.Put("a", nil)
		assert.False(t, kept("a"))
		assert.True(t, kept("b"))
		time.Sleep(resumePause)
		assert.True(t, kept("a"))
	})
}

func TestSessionsAreBounded(t *testing.T) {
	for range maxSessions + 5 {
		planned(t, dsn.MySQL, "db.example.com", passwordless.Options{RootCAs: []*x509.Certificate{newCA(t).Certificate()}})
	}
	sessions.Lock()
	defer sessions.Unlock()
	assert.Len(t, sessions.sets, maxSessions)
}

func TestSQLServerResumesNoSessions(t *testing.T) {
	assert.Nil(t, planned(t, dsn.SQLServer, "db.example.com", passwordless.Options{}).Config("db.example.com").ClientSessionCache)
}
