package sqlserver

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTLSOnlyConn(t *testing.T) {
	const (
		login7    = 0x10
		sspi      = 0x11
		prelogin  = 0x12
		batch     = 0x01
		fedAuth   = 0x08
		handshake = 0x16
		alert     = 0x15
		data      = 0x17
	)
	for _, row := range []struct {
		name   string
		strict bool
		writes []byte // first byte of each write
		passes int    // how many of them
	}{
		{"prelogin, TLS in it, TLS", false, []byte{prelogin, prelogin, handshake, data, alert}, 5},
		{"TLS 1.3's change of cipher", false, []byte{prelogin, prelogin, 0x14, data}, 4},
		{"login in clear", false, []byte{prelogin, login7}, 1},
		{"login at once", false, []byte{login7}, 0},
		{"token in clear", false, []byte{prelogin, fedAuth}, 1},
		{"SSPI in clear", false, []byte{prelogin, sspi}, 1},
		{"batch in clear", false, []byte{batch}, 0},
		{"TLS is left again", false, []byte{prelogin, prelogin, data, login7}, 3},
		{"prelogin after TLS", false, []byte{prelogin, data, prelogin}, 2},
		{"strict", true, []byte{handshake, data}, 2},
		{"strict, prelogin in clear", true, []byte{prelogin}, 0},
		{"strict, login in clear", true, []byte{handshake, login7}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, server := net.Pipe()
			got := make(chan []byte)
			go func() {
				all, _ := io.ReadAll(server)
				got <- all
			}()
			g := &tlsOnlyConn{Conn: client, strict: row.strict}
			for i, first := range row.writes {
				_, err := g.Write([]byte{first, 'x'})
				if i < row.passes {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, errNotTLS)
			}
			n, err := g.Write(nil)
			require.NoError(t, err)
			assert.Zero(t, n)
			require.NoError(t, client.Close())
			assert.Len(t, <-got, 2*row.passes)
		})
	}
}

// BenchmarkTLSOnlyConn is what each write of a statement costs more.
func BenchmarkTLSOnlyConn(b *testing.B) {
	conn := &tlsOnlyConn{Conn: &sent{}}
	record := []byte{0x17, 3, 3, 0, 1, 0}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}
