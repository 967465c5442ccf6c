package mysql

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// TestTurnsOfALogin has the client's turns counted whatever the handshake looks like: with the token they are the answer
// to the greeting, the token, and a statement, before which the server's bytes are bounded and after which they are not.
func TestTurnsOfALogin(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	certificate, err := ca.Issue("db.example.com")
	require.NoError(t, err)
	for name, change := range map[string]func(server, client *tls.Config){
		"TLS 1.3": func(_, _ *tls.Config) {},
		"TLS 1.2": func(server, _ *tls.Config) { server.MaxVersion = tls.VersionTLS12 },
		// The server has the client begin anew.
		"another curve": func(server, client *tls.Config) {
			server.CurvePreferences, client.CurvePreferences = []tls.CurveID{tls.CurveP521}, []tls.CurveID{tls.X25519, tls.CurveP521}
		},
	} {
		for _, asks := range []tls.ClientAuthType{tls.NoClientCert, tls.RequireAndVerifyClientCert} {
			t.Run(name+" "+asks.String(), func(t *testing.T) {
				server := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: asks, ClientCAs: ca.Pool()}
				client := verified()
				client.RootCAs, client.Certificates, client.ClientSessionCache = ca.Pool(), []tls.Certificate{certificate}, tls.NewLRUClientSessionCache(0)
				change(server, client)
				for _, resumed := range []bool{false, true} {
					require.NoError(t, turnsOfALogin(t, server, client, resumed, 1))
					require.ErrorIs(t, turnsOfALogin(t, server, client, true, 2*maxLogin), sqlopen.ErrTooMuch)
				}
			})
		}
	}
}

// turnsOfALogin logs in to a server that answers the token with so many bytes, and then reads a large result.
func turnsOfALogin(t *testing.T, server, client *tls.Config, resumed bool, answer int) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	served := make(chan error, 1)
	go func() { served <- answerTurns(listener, server, answer) }()
	near, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer near.Close()
	only := &tlsOnlyConn{Conn: near, turns: 3}
	_, err = io.ReadFull(only, make([]byte, len(greeting())))
	require.NoError(t, err)
	_, err = only.Write(append([]byte{32, 0, 0, 1, 0, 8}, make([]byte, 30)...))
	require.NoError(t, err)
	secured := tls.Client(only, client)
	require.NoError(t, secured.Handshake())
	assert.Equal(t, resumed, secured.ConnectionState().DidResume)
	for _, turn := range []struct{ says, hears int }{{100, 30}, {20000, answer}, {40, 3 * maxLogin}} {
		_, err := secured.Write(make([]byte, turn.says))
		require.NoError(t, err)
		if _, err := io.ReadFull(secured, make([]byte, turn.hears)); err != nil {
			return err
		}
	}
	return <-served
}

// answerTurns is the server.
func answerTurns(listener net.Listener, config *tls.Config, answer int) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(greeting()); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, 36)); err != nil {
		return err
	}
	secured := tls.Server(conn, config)
	for _, turn := range []struct{ hears, says int }{{100, 30}, {20000, answer}, {40, 3 * maxLogin}} {
		if _, err := io.ReadFull(secured, make([]byte, turn.hears)); err != nil {
			return err
		}
		if _, err := secured.Write(make([]byte, turn.says)); err != nil {
			return err
		}
	}
	return nil
}

// greeting is a server's, which offers no plugin.
func greeting() []byte {
	body := append([]byte{10}, strings.Repeat("8", 6)...)
	body = append(body, 0)
	body = append(body, bytes.Repeat([]byte{1}, 44)...)
	return append([]byte{byte(len(body)), 0, 0, 0}, body...)
}
