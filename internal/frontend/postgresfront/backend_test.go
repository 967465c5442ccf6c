package postgresfront

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// piped starts a function on one end of a pipe and dials the other.
func piped(serve func(net.Conn)) pgconn.DialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		client, served := net.Pipe()
		go serve(served)
		return client, nil
	}
}

// nowhere keeps the resolver, and so sockets, out of the bubble.
func nowhere(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil }

// newFront makes a front end whose backend is reached by dial, and the
// configuration of a client of it.
func newFront(t *testing.T, ca *azuretest.CA, dial pgconn.DialFunc) (*Server, *pgconn.Config) {
	t.Helper()
	front, err := NewPipe(ca, &Options{
		ServerOptions: azuretest.ServerOptions{
			Passwords: map[string]string{"app": "secret"},
			Backend:   "host=localhost user=owner sslmode=disable",
		},
	})
	require.NoError(t, err)
	front.backend.LookupFunc, front.backend.DialFunc = nowhere, dial

	config, err := pgconn.ParseConfig("host=localhost user=app password=secret sslmode=disable")
	require.NoError(t, err)
	config.TLSConfig = &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}
	config.LookupFunc = nowhere
	config.DialFunc = piped(func(conn net.Conn) { front.ServeConn(t.Context(), conn) })
	return front, config
}

// slowWriter returns from a Write of much some time after the bytes have gone.
type slowWriter struct{ net.Conn }

const muchToWrite = 8 << 10

func (c slowWriter) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > muchToWrite {
		time.Sleep(time.Second)
	}
	return n, err
}

// pgx reads in the background while a write takes more than 15 ms, and goes on
// doing so after the connection was handed over; nothing of that may be lost.
func TestSpliceWithSlowBackend(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		ca, err := azuretest.NewCA()
		require.NoError(t, err)
		password := strings.Repeat("p", muchToWrite)
		ordinary, err := NewPipe(ca, &Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": password}}})
		require.NoError(t, err)
		dial := piped(func(conn net.Conn) { ordinary.ServeConn(t.Context(), conn) })
		front, config := newFront(t, ca, func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return slowWriter{conn}, err
		})
		front.backend.Password = password
		front.backend.TLSConfig = config.TLSConfig.Clone()
		front.backend.TLSConfig.DynamicRecordSizingDisabled = true // the password in one Write

		conn, err := pgconn.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, conn.Ping(t.Context()))
		}
		require.NoError(t, conn.Close(t.Context()))
		require.NoError(t, front.Close())
		require.NoError(t, ordinary.Close())
	})
}

// A message that comes together with the end of the backend's login is not lost.
func TestSpliceWithTalkativeBackend(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		ca, err := azuretest.NewCA()
		require.NoError(t, err)
		front, config := newFront(t, ca, piped(func(conn net.Conn) {
			defer conn.Close()
			wire := newWire(&frontend.Conn{Conn: conn, In: bufio.NewReader(conn)})
			_, err := wire.receiveStartup()
			assert.NoError(t, err)
			assert.NoError(t, wire.send(
				&pgproto3.AuthenticationOk{},
				&pgproto3.ReadyForQuery{TxStatus: 'I'},
				&pgproto3.NotificationResponse{PID: 1, Channel: "early", Payload: "bird"}))
			_, _ = wire.receive() // until the client leaves
		}))
		var heard string
		config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { heard = n.Payload }
		conn, err := pgconn.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		require.NoError(t, conn.WaitForNotification(t.Context()))
		assert.Equal(t, "bird", heard)
		require.NoError(t, conn.Close(t.Context()))
		require.NoError(t, front.Close())
	})
}
