package mysql

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sink is a connection that keeps what was written to it.
type sink struct {
	net.Conn
	written []byte
	closes  int
}

func (s *sink) Write(b []byte) (int, error) { s.written = append(s.written, b...); return len(b), nil }
func (s *sink) Close() error                { s.closes++; return nil }

// requireTLSOnly checks that the client has sent MySQL's SSLRequest and nothing else, or TLS after it: a packet of 32
// bytes, the second of the connection, with the capability CLIENT_SSL, and then a record of a handshake or an alert.
func requireTLSOnly(t *testing.T, sent []byte) {
	t.Helper()
	require.GreaterOrEqual(t, len(sent), 36)
	assert.Equal(t, []byte{32, 0, 0, 1}, sent[:4])
	assert.NotZero(t, binary.LittleEndian.Uint32(sent[4:])&0x800)
	if record := sent[36:]; len(record) > 0 {
		assert.Contains(t, "\x15\x16", string(record[:1]))
		assert.Equal(t, byte(3), record[1])
	}
}

// response is the driver's answer to a greeting, which begins as MySQL's SSLRequest does.
func response(change func([]byte)) []byte {
	b := append(make([]byte, 36), "app\x00\x00orders\x00mysql_native_password\x00"...)
	b[0], b[3] = byte(len(b)-4), 1 // length and number
	b[4], b[5] = 5, 2              // CLIENT_LONG_PASSWORD | CLIENT_LONG_FLAG, CLIENT_PROTOCOL_41
	change(b)
	return b
}

// Whatever the driver writes, before TLS nothing leaves but the request for it.
func TestNothingLeavesBeforeTLS(t *testing.T) {
	asIs := func([]byte) {}
	offered := packet(greetings[0])
	for name, row := range map[string]struct {
		greeting string
		write    []byte
		want     error
	}{
		"before the greeting":   {"", response(asIs), errNotTLS},
		"server without TLS":    {strings.Replace(offered, "\x8a", "\x82", 1), response(asIs), mysql.ErrNoTLS},
		"no response":           {offered, []byte{1, 0, 0, 0, 1}, errNotTLS},
		"nothing":               {offered, nil, errNotTLS},
		"longer than it says":   {offered, append(response(asIs), "token"...), errNotTLS},
		"shorter than it says":  {offered, response(asIs)[:40], errNotTLS},
		"later than it should":  {offered, response(func(b []byte) { b[3] = 2 }), errNotTLS},
		"an error for greeting": {packet("\xff\x15\x04#28000no"), []byte{1, 0, 0, 0, 1}, errNotTLS},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sent{Reader: strings.NewReader(row.greeting)}
			conn := (&loginConn{config: verified(), token: "t"}).over(s)
			if row.greeting != "" {
				_, err := conn.Read(make([]byte, 1))
				require.NoError(t, err)
			}
			for range 2 {
				n, err := conn.Write(row.write)
				require.ErrorIs(t, err, row.want)
				assert.Positive(t, n, "the driver hides the error of a write that has not begun")
			}
			assert.Empty(t, s.written)
		})
	}
	s := &sent{Reader: strings.NewReader(offered)}
	conn := (&loginConn{config: verified(), token: "t"}).over(s)
	_, err := conn.Read(make([]byte, len(offered)))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, errNotTLS, "what comes after the greeting is not read without TLS")
	_, err = conn.Write(response(asIs))
	require.ErrorIs(t, err, io.EOF, "no TLS comes")
	requireTLSOnly(t, s.written)
	asked := len(s.written)
	_, err = conn.Write(response(asIs))
	require.ErrorIs(t, err, errNotTLS)
	assert.Len(t, s.written, asked, "TLS is asked for once")
	assert.NotContains(t, string(s.written), "app\x00")
}

func TestDescriptorIsKept(t *testing.T) {
	_, ok := new(loginConn).over(new(sink)).(syscall.Conn)
	assert.False(t, ok, "the driver would call an idle connection broken")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	wrapped := new(loginConn).over(conn)
	defer wrapped.Close()
	descriptor, ok := wrapped.(syscall.Conn)
	require.True(t, ok)
	raw, err := descriptor.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(uintptr) {}))
}

// The driver looks at an idle connection's descriptor before it uses it again.
func TestDeadConnectionsAreNoticed(t *testing.T) {
	b := engine.Bench(t, nil)
	c := b.Connector(t)
	c.servers[0].Logger = new(printed)
	conn, err := c.Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	resetter, ok := conn.(driver.SessionResetter)
	require.True(t, ok)
	require.NoError(t, resetter.ResetSession(t.Context()))
	require.NoError(t, b.Server.Close())
	require.ErrorIs(t, resetter.ResetSession(t.Context()), driver.ErrBadConn)
}

// nowhere is a connection that takes all that is written to it.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkLoginConn is what each write of a statement costs more.
func BenchmarkLoginConn(b *testing.B) {
	conn, statement := &loginConn{Conn: nowhere{}, done: true}, bytes.Repeat([]byte{1}, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(statement); err != nil {
			b.Fatal(err)
		}
	}
}

// broken is a connection that takes nothing.
type broken struct{ net.Conn }

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAFailedWriteIsNotHidden(t *testing.T) {
	login := &loginConn{Conn: broken{}, config: verified(), greeted: true, secured: true}
	n, err := login.Write([]byte(numbered(3, "p\x00")))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.Positive(t, n, "the driver would call it a bad connection")
}
