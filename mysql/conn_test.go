package mysql

import (
	"database/sql/driver"
	"net"
	"syscall"
	"testing"

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

// tlsRequest is MySQL's SSLRequest as the driver sends it.
func tlsRequest(change func([]byte)) []byte {
	b := make([]byte, 36)
	b[0], b[3] = 32, 1  // length and sequence
	b[4], b[5] = 5, 0xa // CLIENT_LONG_PASSWORD | CLIENT_LONG_FLAG, CLIENT_PROTOCOL_41 | CLIENT_SSL
	change(b)
	return b
}

func TestTLSOnlyConn(t *testing.T) {
	asIs := func([]byte) {}
	request := tlsRequest(asIs)
	hello := []byte{0x16, 3, 1, 0, 1, 0}
	data := []byte{0x17, 3, 3, 0, 1, 0}
	for _, row := range []struct {
		name   string
		writes [][]byte
		pass   int // how many get through
	}{
		{"as it should be", [][]byte{request, hello, data, {0x14, 3, 3, 0, 1, 1}, {0x15, 3, 3, 0, 2, 1, 0}}, 5},
		{"no request", [][]byte{hello}, 0},
		{"login without TLS", [][]byte{append(tlsRequest(func(b []byte) { b[0] = 38 }), "app\x00\x00\x00"...)}, 0},
		{"request without CLIENT_SSL", [][]byte{tlsRequest(func(b []byte) { b[5] = 2 })}, 0},
		{"request that is longer than it says", [][]byte{append(tlsRequest(asIs), "token"...)}, 0},
		{"request later than it should be", [][]byte{tlsRequest(func(b []byte) { b[3] = 2 })}, 0},
		{"second request", [][]byte{request, request}, 1},
		{"answer in clear text after the request", [][]byte{request, {6, 0, 0, 3, 't', 'o', 'k', 'e', 'n', 0}}, 1},
		{"packet that begins like a record", [][]byte{request, {0x16, 0, 0, 3, 't'}}, 1},
		{"packet of 790 bytes", [][]byte{request, append([]byte{0x16, 3, 0, 3}, make([]byte, 790)...)}, 1},
		{"nothing", [][]byte{request, {}}, 1},
		{"clear text after TLS", [][]byte{request, hello, {1, 0, 0, 0, 1}}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := new(sink)
			g := &tlsOnlyConn{Conn: s}
			var want []byte
			for i, write := range row.writes {
				n, err := g.Write(write)
				if i >= row.pass {
					require.ErrorIs(t, err, errNotTLS)
					assert.Zero(t, n)
					continue
				}
				require.NoError(t, err)
				want = append(want, write...)
			}
			assert.Equal(t, want, s.written)
		})
	}
}

func TestTLSOnlyConnKeepsTheDescriptor(t *testing.T) {
	_, ok := (&tlsOnlyConn{Conn: new(sink)}).wrapped().(syscall.Conn)
	assert.False(t, ok, "the driver would call an idle connection broken")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	wrapped := (&tlsOnlyConn{Conn: conn}).wrapped()
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

// BenchmarkTLSOnlyConn is what each write of a statement costs more.
func BenchmarkTLSOnlyConn(b *testing.B) {
	conn, record := &tlsOnlyConn{Conn: nowhere{}, asked: true}, []byte{0x17, 3, 3, 0, 1, 0}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}
