package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// dialTLS returns a client connection whose handshake is still to be done, to a
// server with a certificate for db.example.com.
func dialTLS(t *testing.T, change func(*tls.Config)) net.Conn {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	certificate, err := ca.Issue("db.example.com")
	require.NoError(t, err)
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close(); server.Close() })
	go func() {
		_ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
	}()
	config := &tls.Config{RootCAs: ca.Pool(), ServerName: "db.example.com"}
	change(config)
	return tls.Client(client, config)
}

func TestTLSOnly(t *testing.T) {
	plain, other := net.Pipe()
	defer plain.Close()
	defer other.Close()
	asIs := func(*tls.Config) {}
	for _, row := range []struct {
		name string
		only tlsOnly
		conn net.Conn
		want string
	}{
		{"verified", tlsOnly{names: []string{"other.example.com", "db.example.com"}}, dialTLS(t, asIs), ""},
		{"without TLS", tlsOnly{names: []string{"db.example.com"}}, plain, "not TLS"},
		{"without TLS as declared", tlsOnly{plain: true}, plain, ""},
		{"not verified", tlsOnly{names: []string{"db.example.com"}},
			dialTLS(t, func(c *tls.Config) { c.InsecureSkipVerify = true }), "was not verified"},
		{"verified against another name", tlsOnly{names: []string{"other.example.com"}}, dialTLS(t, asIs), "is not for other.example.com"},
		{"no name at all", tlsOnly{}, dialTLS(t, asIs), "is not for"},
		{"handshake fails", tlsOnly{names: []string{"db.example.com"}},
			dialTLS(t, func(c *tls.Config) { c.RootCAs = nil }), "failed to verify certificate"},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := row.only.check(t.Context(), &pgconn.Config{}, row.conn)
			assert.Equal(t, row.conn, conn, "pgx closes what the hook returns")
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestTLSOnlyCallsTheNextHook(t *testing.T) {
	wrapped, other := net.Pipe()
	defer wrapped.Close()
	defer other.Close()
	fail := errors.New("mine")
	for name, row := range map[string]struct {
		conn, want net.Conn
		err        error
	}{
		"wraps":           {wrapped, wrapped, nil},
		"fails":           {nil, other, fail},
		"returns nothing": {nil, other, nil},
	} {
		t.Run(name, func(t *testing.T) {
			only := tlsOnly{plain: true, next: func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error) { return row.conn, row.err }}
			conn, err := only.check(t.Context(), &pgconn.Config{}, other)
			assert.Equal(t, row.want, conn)
			assert.Equal(t, row.err, err)
		})
	}
}

func TestHandshakeObeysTheContext(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tlsOnly{names: []string{"h"}}.check(ctx, &pgconn.Config{}, tls.Client(client, &tls.Config{ServerName: "h"}))
	require.ErrorIs(t, err, context.Canceled)
}

func TestSecureAndSetLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	h, err := connector.Open(dsn.PostgreSQL, b.DSN(), b.Options)
	require.NoError(t, err)
	defer h.Close()
	cc, err := pgx.ParseConfig("host=127.0.0.1,localhost port=1,2 sslmode=prefer password=p channel_binding=require require_auth=none")
	require.NoError(t, err)
	require.Len(t, cc.Fallbacks, 3)
	require.NoError(t, secure(cc, h))
	require.Len(t, cc.Fallbacks, 1)
	assert.Equal(t, "127.0.0.1", cc.TLSConfig.ServerName)
	assert.Equal(t, "localhost", cc.Fallbacks[0].TLSConfig.ServerName)
	assert.Equal(t, uint16(2), cc.Fallbacks[0].Port)
	assert.False(t, cc.TLSConfig.InsecureSkipVerify)
	assert.Nil(t, cc.TLSConfig.VerifyPeerCertificate)
	assert.Equal(t, "prefer", cc.ChannelBinding)
	assert.Empty(t, cc.RequireAuth)
	assert.Empty(t, cc.Password)

	setLogin(cc, connector.Login{User: "u", Password: dsn.NewSecret("t"), IsToken: true})
	assert.Equal(t, "password", cc.RequireAuth)
	assert.Equal(t, "u", cc.User)
	assert.Equal(t, "t", cc.Password)
	assert.NotNil(t, cc.AfterNetConnect)
}
