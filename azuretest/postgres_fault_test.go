package azuretest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Each certificate fault ends the handshake of a client that verifies, and lets
// one in that does not.
func TestPostgresCertificateFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault azuretest.ServerFault
		check func(t *testing.T, err error)
	}{
		{"self-signed", azuretest.SelfSigned(), func(t *testing.T, err error) {
			var unknown x509.UnknownAuthorityError
			assert.ErrorAs(t, err, &unknown)
		}},
		{"wrong name", azuretest.WrongName(), func(t *testing.T, err error) {
			var wrong x509.HostnameError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, []string{"wrong-name.invalid"}, wrong.Certificate.DNSNames)
		}},
		{"expired", azuretest.ExpiredCertificate(), func(t *testing.T, err error) {
			var invalid x509.CertificateInvalidError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, x509.Expired, invalid.Reason)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newPGBench(t, nil)
			remove := b.server.Inject(c.fault)
			config := b.config(t)
			_, err := pgx.ConnectConfig(t.Context(), config)
			require.Error(t, err)
			c.check(t, err)

			careless := b.config(t)
			careless.TLSConfig.InsecureSkipVerify = true
			require.NoError(t, pgConnect(t, careless).Ping(t.Context()))
			remove()
			require.NoError(t, pgConnect(t, config).Ping(t.Context()))

			require.NoError(t, b.server.Close())
			failed, sent := 0, 0
			for _, login := range b.server.Logins() {
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
			assert.Empty(t, b.server.Plaintext())
		})
	}
}

func TestPostgresNoTLS(t *testing.T) {
	b := newPGBench(t, nil)
	b.server.Inject(azuretest.NoTLS())
	_, err := pgx.ConnectConfig(t.Context(), b.config(t))
	require.ErrorContains(t, err, "refused TLS")

	fallback := b.config(t)
	fallback.Fallbacks = []*pgconn.FallbackConfig{{Host: fallback.Host, Port: fallback.Port}}
	refusal := pgRefused(t, fallback)
	assert.Equal(t, "28000", refusal.Code)
	assert.Equal(t, `no pg_hba.conf entry for host "127.0.0.1", user "orders-app", database "orders", no encryption`, refusal.Message)

	direct := b.config(t)
	direct.SSLNegotiation = "direct"
	_, err = pgx.ConnectConfig(t.Context(), direct)
	require.Error(t, err)

	require.NoError(t, b.server.Close())
	for _, login := range b.server.Logins() {
		assert.Error(t, login.Err)
		assert.Zero(t, login.PasswordLength)
	}
}

func TestPostgresPlaintext(t *testing.T) {
	b := newPGBench(t, nil)
	remove := b.server.Inject(azuretest.Plaintext())
	_, err := pgx.ConnectConfig(t.Context(), b.config(t))
	require.ErrorContains(t, err, "refused TLS")
	assert.Empty(t, b.server.Plaintext())

	fallback := b.config(t)
	fallback.Fallbacks = []*pgconn.FallbackConfig{{Host: fallback.Host, Port: fallback.Port}}
	require.NoError(t, pgConnect(t, fallback).Ping(t.Context()))
	caught := b.server.Plaintext()
	require.Len(t, caught, 1)
	assert.Equal(t, len(b.token), caught[0].PasswordLength)
	assert.Equal(t, b.id.Name, caught[0].User)

	remove()
	remove() // again: nothing
	require.NoError(t, pgConnect(t, b.config(t)).Ping(t.Context()))
}

func TestPostgresOtherMethods(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    azuretest.ServerFault
		pinned   string
		answered int // bytes of a password message that arrived
	}{
		{"SCRAM", azuretest.AskSCRAM(), "scram-sha-256", 0},
		{"MD5", azuretest.AskMD5(), "md5", len("md5") + 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newPGBench(t, nil)
			b.server.Inject(c.fault)
			config := b.config(t)
			refusal := pgRefused(t, config)
			assert.Equal(t, "28P01", refusal.Code)
			assert.Equal(t, c.answered, b.server.Logins()[0].PasswordLength)

			config.RequireAuth = "password"
			_, err := pgx.ConnectConfig(t.Context(), config)
			require.ErrorContains(t, err, "require_auth")
			assert.ErrorContains(t, err, c.pinned)
			require.NoError(t, b.server.Close())
			assert.ErrorContains(t, b.server.Logins()[1].Err, "did not answer")
		})
	}
}

func TestPostgresBrokenAnswers(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault azuretest.ServerFault
	}{
		{"close after token", azuretest.CloseAfterToken()},
		{"half packet", azuretest.HalfPacket()},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newPGBench(t, nil)
			b.server.Inject(c.fault.Times(2))
			for range 2 {
				_, err := pgx.ConnectConfig(t.Context(), b.config(t))
				require.ErrorContains(t, err, "EOF")
			}
			require.NoError(t, pgConnect(t, b.config(t)).Ping(t.Context()))
			logins := b.server.Logins()
			require.Len(t, logins, 3)
			for _, login := range logins {
				assert.Equal(t, len(b.token), login.PasswordLength)
			}
			assert.ErrorContains(t, logins[0].Err, "as injected")
			assert.NoError(t, logins[2].Err)
		})
	}
}

func TestPostgresSilent(t *testing.T) {
	b := newPGBench(t, nil)
	b.server.Inject(azuretest.Silent().Times(1))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := pgx.ConnectConfig(ctx, b.config(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, pgConnect(t, b.config(t)).Ping(t.Context()))
	require.NoError(t, b.server.Close())
	logins := b.server.Logins()
	require.Len(t, logins, 2)
	for _, login := range logins {
		if login.Err != nil {
			assert.ErrorContains(t, login.Err, "said nothing")
			assert.Zero(t, login.PasswordLength)
		}
	}
}

func TestPostgresRefuse(t *testing.T) {
	b := newPGBench(t, nil)
	b.server.Inject(azuretest.PostgresRefuse("53300", "remaining connection slots are reserved", "wait").Times(1))
	refusal := pgRefused(t, b.config(t))
	assert.Equal(t, "53300", refusal.Code)
	assert.Equal(t, "remaining connection slots are reserved", refusal.Message)
	assert.Equal(t, "wait", refusal.Hint)
	require.NoError(t, pgConnect(t, b.config(t)).Ping(t.Context()))
}

func TestPostgresExpiredToken(t *testing.T) {
	b := newPGBench(t, &azuretest.PostgresOptions{Passwords: map[string]string{"admin": "correct"}})
	b.server.Inject(azuretest.ExpiredToken().Times(1))
	wrong, password := b.config(t), b.config(t)
	wrong.Password = "nonsense"
	assert.Contains(t, pgRefused(t, wrong).Message, "invalid format")
	password.User, password.Password = "admin", "correct"
	require.NoError(t, pgConnect(t, password).Ping(t.Context()), "a password is no token")
	assert.Contains(t, pgRefused(t, b.config(t)).Message, "has expired")
	require.NoError(t, pgConnect(t, b.config(t)).Ping(t.Context()))
}

func TestPostgresFaultsInOrder(t *testing.T) {
	b := newPGBench(t, nil)
	b.server.Inject(azuretest.ServerFault{}) // does nothing
	b.server.Inject(azuretest.PostgresRefuse("57P03", "first", "").Times(1))
	remove := b.server.Inject(azuretest.PostgresRefuse("57P03", "second", "").Times(-1))
	b.server.Inject(azuretest.PostgresRefuse("57P03", "third", ""))
	for _, want := range []string{"first", "second", "second"} {
		assert.Equal(t, want, pgRefused(t, b.config(t)).Message)
	}
	remove()
	assert.Equal(t, "third", pgRefused(t, b.config(t)).Message)
}

// Faults that act in the handshake must not be bypassed by a resumed session.
func TestPostgresNoTLSResumption(t *testing.T) {
	b := newPGBench(t, nil)
	config := b.config(t)
	config.TLSConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	require.NoError(t, pgConnect(t, config).Ping(t.Context()))
	b.server.Inject(azuretest.WrongName())
	_, err := pgx.ConnectConfig(t.Context(), config)
	var wrong x509.HostnameError
	require.ErrorAs(t, err, &wrong)
}
