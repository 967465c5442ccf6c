package mysql

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
)

var errNotTLS = errors.New("mysql: the connection is not TLS: nothing is sent that logs in")

// guard is the network connection of a login. It lets nothing in but a whole
// greeting, and nothing out but the request for TLS, before TLS, whatever the
// driver makes of the server's answers. The driver reads and writes it from one
// goroutine at a time.
//
// The driver turns on keep-alives for a *net.TCPConn, which this is not:
// [net.Dialer] has done it.
type guard struct {
	net.Conn
	greeted  bool   // the greeting has been read
	greeting []byte // what the driver has not yet read of it
	asked    bool   // for TLS
	closed   func() // called with each Close; may be nil
}

// Read reads the greeting and nothing beyond it, which is read as TLS.
func (g *guard) Read(b []byte) (int, error) {
	if !g.greeted {
		var err error
		if g.greeting, err = readGreeting(g.Conn); err != nil {
			return 0, err
		}
		g.greeted = true
	}
	if len(g.greeting) == 0 {
		return g.Conn.Read(b)
	}
	n := copy(b, g.greeting)
	g.greeting = g.greeting[n:]
	return n, nil
}

// Write passes on b if it is the request for TLS, once, or TLS.
func (g *guard) Write(b []byte) (int, error) {
	switch {
	case g.asked && isTLS(b):
	case !g.asked && isTLSRequest(b):
		g.asked = true
	default:
		return 0, errNotTLS
	}
	return g.Conn.Write(b)
}

// Close closes the connection.
func (g *guard) Close() error {
	if g.closed != nil {
		g.closed()
	}
	return g.Conn.Close()
}

// wrapped returns the guard with what else the driver looks for in a
// connection: it checks an idle one through its file descriptor.
func (g *guard) wrapped() net.Conn {
	if raw, ok := g.Conn.(syscall.Conn); ok {
		return guardWithDescriptor{g, raw}
	}
	return g
}

type guardWithDescriptor struct {
	*guard
	raw syscall.Conn
}

var _ syscall.Conn = guardWithDescriptor{}

func (g guardWithDescriptor) SyscallConn() (syscall.RawConn, error) { return g.raw.SyscallConn() }

// isTLSRequest reports whether b is MySQL's SSLRequest and nothing else: a packet
// of 32 bytes, the second one of the connection, whose capabilities have
// CLIENT_SSL set (MySQL internals, "Protocol::SSLRequest").
func isTLSRequest(b []byte) bool {
	const (
		length    = 32
		clientSSL = 0x800
	)
	return len(b) == 4+length &&
		b[0] == length && b[1] == 0 && b[2] == 0 && b[3] == 1 &&
		binary.LittleEndian.Uint32(b[4:])&clientSSL != 0
}

// isTLS reports whether b begins as a TLS record does: one of the types from
// change_cipher_spec to application_data, then version 3.1 to 3.3 (RFC 8446, 5.1).
// A packet of MySQL's that begins so is longer than any that logs in: 64 KiB.
func isTLS(b []byte) bool {
	return len(b) > 2 && 0x14 <= b[0] && b[0] <= 0x17 && b[1] == 3 && 1 <= b[2] && b[2] <= 3
}
