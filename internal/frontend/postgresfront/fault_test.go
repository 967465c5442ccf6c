package postgresfront_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

func TestNoTLS(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	_, err := pgx.ConnectConfig(t.Context(), b.config(t))
	require.ErrorContains(t, err, "refused TLS")

	fallback := b.config(t)
	fallback.Fallbacks = []*pgconn.FallbackConfig{{Host: fallback.Host, Port: fallback.Port}}
	refusal := refused(t, fallback)
	assert.Equal(t, "28000", refusal.Code)
	assert.Equal(t, `no pg_hba.conf entry for host "127.0.0.1", user "orders-app", database "orders", no encryption`, refusal.Message)

	direct := b.config(t)
	direct.SSLNegotiation = "direct"
	_, err = pgx.ConnectConfig(t.Context(), direct)
	require.Error(t, err)

	require.NoError(t, b.Server.Close())
	for _, login := range b.Server.Logins() {
		assert.Error(t, login.Err)
		assert.Zero(t, login.PasswordLength)
	}
}

func TestPlaintext(t *testing.T) {
	b := newBench(t, nil)
	remove := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	_, err := pgx.ConnectConfig(t.Context(), b.config(t))
	require.ErrorContains(t, err, "refused TLS")
	assert.Empty(t, b.Server.Plaintext())

	fallback := b.config(t)
	fallback.Fallbacks = []*pgconn.FallbackConfig{{Host: fallback.Host, Port: fallback.Port}}
	require.NoError(t, connect(t, fallback).Ping(t.Context()))
	caught := b.Server.Plaintext()
	require.Len(t, caught, 1)
	assert.Equal(t, len(b.Token), caught[0].PasswordLength)
	assert.Equal(t, b.ID.Name, caught[0].User)

	remove()
	remove() // again: nothing
	require.NoError(t, connect(t, b.config(t)).Ping(t.Context()))
}

func TestOtherMethods(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    azuretest.ServerFault
		pinned   string
		answered int // bytes of a password message that arrived
	}{
		{"SCRAM", azuretest.ServerFault{Kind: azuretest.AskSCRAM}, "scram-sha-256", 0},
		{"MD5", azuretest.ServerFault{Kind: azuretest.AskMD5}, "md5", len("md5") + 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.Server.Inject(c.fault)
			config := b.config(t)
			refusal := refused(t, config)
			assert.Equal(t, "28P01", refusal.Code)
			assert.Equal(t, c.answered, b.Server.Logins()[0].PasswordLength)

			config.RequireAuth = "password"
			_, err := pgx.ConnectConfig(t.Context(), config)
			require.ErrorContains(t, err, "require_auth")
			assert.ErrorContains(t, err, c.pinned)
			require.NoError(t, b.Server.Close())
			assert.ErrorContains(t, b.Server.Logins()[1].Err, "did not answer")
		})
	}
}

func TestSilent(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	config := b.config(t)
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return impatient{conn, cancel}, err
	}
	_, err := pgx.ConnectConfig(ctx, config)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, connect(t, b.config(t)).Ping(t.Context()))
	frontendtest.AssertOneSilence(t, b.Server)
}

// impatient gives up when it has to wait for an answer.
type impatient struct {
	net.Conn
	giveUp func()
}

func (c impatient) Read(p []byte) (int, error) {
	c.giveUp()
	return c.Conn.Read(p)
}

func TestRefuse(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "53300", Message: "remaining connection slots are reserved", Hint: "wait"}, Times: 1})
	refusal := refused(t, b.config(t))
	assert.Equal(t, "53300", refusal.Code)
	assert.Equal(t, "remaining connection slots are reserved", refusal.Message)
	assert.Equal(t, "wait", refusal.Hint)
	require.NoError(t, connect(t, b.config(t)).Ping(t.Context()))
}

func TestExpiredToken(t *testing.T) {
	b := newBench(t, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	wrong, password := b.config(t), b.config(t)
	wrong.Password = "nonsense"
	assert.Contains(t, refused(t, wrong).Message, "invalid format")
	password.User, password.Password = "admin", "correct"
	require.NoError(t, connect(t, password).Ping(t.Context()), "a password is no token")
	assert.Contains(t, refused(t, b.config(t)).Message, "has expired")
	require.NoError(t, connect(t, b.config(t)).Ping(t.Context()))
}

func TestFaultsInOrder(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{}) // does nothing
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "57P03", Message: "first"}, Times: 1})
	remove := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "57P03", Message: "second"}, Times: -1})
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "57P03", Message: "third"}})
	for _, want := range []string{"first", "second", "second"} {
		assert.Equal(t, want, refused(t, b.config(t)).Message)
	}
	remove()
	assert.Equal(t, "third", refused(t, b.config(t)).Message)
}

// Faults that act in the handshake must not be bypassed by a resumed session.
func TestNoTLSResumption(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t)
	config.TLSConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	require.NoError(t, connect(t, config).Ping(t.Context()))
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	_, err := pgx.ConnectConfig(t.Context(), config)
	var wrong x509.HostnameError
	require.ErrorAs(t, err, &wrong)
}
