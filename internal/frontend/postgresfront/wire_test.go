package postgresfront_test

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// raw is a client that does as it is told.
type raw struct {
	net.Conn
	*pgproto3.Frontend
}

func dialPGRaw(t *testing.T, s *postgresfront.Server) *raw {
	t.Helper()
	conn := frontendtest.Dial(t, s)
	return &raw{conn, pgproto3.NewFrontend(conn, conn)}
}

func (r *raw) sendAll(t *testing.T, messages ...pgproto3.FrontendMessage) {
	t.Helper()
	for _, m := range messages {
		r.Frontend.Send(m)
	}
	require.NoError(t, r.Flush())
}

// answer reads the single byte that answers a request for encryption.
func (r *raw) answer(t *testing.T) string {
	t.Helper()
	var b [1]byte
	_, err := io.ReadFull(r.Conn, b[:])
	require.NoError(t, err)
	return string(b[:])
}

func (r *raw) refusal(t *testing.T) *pgproto3.ErrorResponse {
	t.Helper()
	message, err := r.Receive()
	require.NoError(t, err)
	require.IsType(t, &pgproto3.ErrorResponse{}, message)
	return message.(*pgproto3.ErrorResponse)
}

func startup(parameters map[string]string) *pgproto3.StartupMessage {
	return &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: parameters}
}

func TestRefusesPlaintextBeforeAsking(t *testing.T) {
	b := newBench(t, nil)
	polite := dialPGRaw(t, b.Server)
	polite.sendAll(t, startup(map[string]string{"user": "a"}))
	refusal := polite.refusal(t)
	assert.Equal(t, "28000", refusal.Code)
	assert.Equal(t, `no pg_hba.conf entry for host "127.0.0.1", user "a", database "a", no encryption`, refusal.Message)
	polite.Close()

	leaky := dialPGRaw(t, b.Server)
	leaky.sendAll(t, startup(map[string]string{"user": "b"}), &pgproto3.PasswordMessage{Password: "secret"})
	assert.Equal(t, "28000", leaky.refusal(t).Code)
	leaky.Close()

	// The server reads what follows its refusal until it is closed.
	require.Eventually(t, func() bool { return len(b.Server.Plaintext()) == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, b.Server.Close())
	assert.Len(t, b.Server.Logins(), 2)
	caught := b.Server.Plaintext()
	require.Len(t, caught, 1)
	assert.Equal(t, "b", caught[0].User)
	assert.Equal(t, len("secret"), caught[0].PasswordLength)
}

func TestEncryptionRequests(t *testing.T) {
	b := newBench(t, nil)
	client := dialPGRaw(t, b.Server)
	client.sendAll(t, &pgproto3.GSSEncRequest{})
	assert.Equal(t, "N", client.answer(t))
	client.sendAll(t, &pgproto3.SSLRequest{})
	assert.Equal(t, "S", client.answer(t))

	conn := tls.Client(client.Conn, &tls.Config{RootCAs: b.Cloud.CA().Pool(), ServerName: "localhost"})
	require.NoError(t, conn.Handshake())
	inner := &raw{conn, pgproto3.NewFrontend(conn, conn)}
	inner.sendAll(t, &pgproto3.SSLRequest{})
	assert.Equal(t, "08P01", inner.refusal(t).Code)
}

func TestRefusesDataBeforeTLS(t *testing.T) {
	b := newBench(t, nil)
	client := dialPGRaw(t, b.Server)
	client.sendAll(t, &pgproto3.SSLRequest{}, startup(map[string]string{"user": "a"}))
	assert.Equal(t, "received unencrypted data after SSL request", client.refusal(t).Message)
}

func TestProtocolVersions(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t)
	config.MaxProtocolVersion = "3.2"
	config.RuntimeParams["_pq_.unheard_of"] = "1"
	require.NoError(t, connect(t, config).Ping(t.Context()))
	assert.Empty(t, b.Server.Logins()[0].Parameters)
}

func TestMalformedMessages(t *testing.T) {
	for _, c := range []struct {
		name, bytes string
	}{
		{"no code", "\x00\x00\x00\x04"},
		{"short startup", "\x00\x00\x00\x04\x00\x03\x00\x00"},
		{"long startup", "\x7f\x00\x00\x00\x00\x03\x00\x00"},
		{"unknown version", "\x00\x00\x00\x09\x00\x01\x00\x00\x00"},
		{"cut off", "\x00\x00\x00\x30\x00\x03"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			client := dialPGRaw(t, b.Server)
			_, err := client.Write([]byte(c.bytes))
			require.NoError(t, err)
			require.NoError(t, client.Conn.(*net.TCPConn).CloseWrite())
			_, err = client.Receive()
			assert.Error(t, err)
			require.NoError(t, b.Server.Close())
			require.Len(t, b.Server.Logins(), 1)
			assert.ErrorContains(t, b.Server.Logins()[0].Err, "no startup message")
		})
	}
}

func TestListsLoginsOnly(t *testing.T) {
	b := newBench(t, nil)
	dialPGRaw(t, b.Server).Close() // says nothing
	for _, key := range []string{"", "1234"} {
		client := dialPGRaw(t, b.Server)
		client.sendAll(t, &pgproto3.CancelRequest{ProcessID: 1, SecretKey: []byte(key)})
		_, err := client.Receive()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	require.NoError(t, b.Server.Close())
	assert.Empty(t, b.Server.Logins())
}
