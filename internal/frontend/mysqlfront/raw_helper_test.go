package mysqlfront_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// raw is a client that does as it is told.
type raw struct {
	net.Conn
	in       *bufio.Reader
	sequence byte
	flags    uint32 // of its response
}

const (
	flagDB     = 1 << 3
	flag41     = 1 << 9
	flagSSL    = 1 << 11
	flagSecure = 1 << 15
	flagPlugin = 1 << 19
)

// dialRaw connects and reads the greeting; with an authority inside TLS.
func dialRaw(t *testing.T, s *mysqlfront.Server, ca *azuretest.CA) *raw {
	t.Helper()
	conn := frontendtest.Dial(t, s)
	r := &raw{Conn: conn, in: bufio.NewReader(conn), flags: flag41 | flagSecure | flagPlugin}
	require.Equal(t, byte(10), r.receive(t)[0])
	if ca != nil {
		r.flags |= flagSSL
		r.send(t, append(binary.LittleEndian.AppendUint32(nil, r.flags), make([]byte, 28)...))
		r.Conn = tls.Client(conn, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"})
		r.in = bufio.NewReader(r.Conn)
	}
	return r
}

func (r *raw) send(t *testing.T, message []byte) {
	t.Helper()
	n := len(message)
	_, err := r.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), r.sequence}, message...))
	require.NoError(t, err)
	r.sequence++
}

// respond answers the greeting.
func (r *raw) respond(t *testing.T, user, plugin, auth, database string) {
	t.Helper()
	b := append(binary.LittleEndian.AppendUint32(nil, r.flags), make([]byte, 28)...)
	b = append(append(b, user...), 0)
	b = append(append(b, byte(len(auth))), auth...)
	if r.flags&flagDB != 0 {
		b = append(append(b, database...), 0)
	}
	r.send(t, append(append(b, plugin...), 0))
}

func (r *raw) receive(t *testing.T) []byte {
	t.Helper()
	var head [4]byte
	_, err := io.ReadFull(r.in, head[:])
	require.NoError(t, err)
	require.Equal(t, r.sequence, head[3])
	r.sequence++
	message := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err = io.ReadFull(r.in, message)
	require.NoError(t, err)
	return message
}

// refusal reads an error and returns all but its first byte and number.
func (r *raw) refusal(t *testing.T) string {
	t.Helper()
	message := r.receive(t)
	require.Equal(t, byte(0xff), message[0])
	return string(message[3:])
}
