// Package tdstls makes TLS inside TDS packets, as clients of SQL Server do.
package tdstls

import (
	"encoding/binary"
	"io"
	"net"
)

// Of a TDS packet (MS-TDS section 2.2.3.1).
const (
	KindReply    = 0x04
	KindPrelogin = 0x12
	HeaderSize   = 8
)

// Tunnel is a connection that carries PRELOGIN and a TLS handshake inside TDS packets, as TDS 7.x does (MS-TDS
// section 3.2.5.1), and TLS afterwards.
type Tunnel struct {
	net.Conn
	malformed error
	out, in   []byte // not sent, and not read yet
	through   bool   // the handshake is over
}

// New returns a tunnel through conn. Malformed is the error of a server that sends other packets.
func New(conn net.Conn, malformed error) *Tunnel { return &Tunnel{Conn: conn, malformed: malformed} }

// Write keeps the messages of the handshake until the server's reply is read.
func (t *Tunnel) Write(b []byte) (int, error) {
	if t.through {
		return t.Conn.Write(b)
	}
	t.out = append(t.out, b...)
	return len(b), nil
}

// Read sends what was kept, and reads a packet.
func (t *Tunnel) Read(b []byte) (int, error) {
	if len(t.in) == 0 {
		if t.through {
			return t.Conn.Read(b)
		}
		if err := t.flush(); err != nil {
			return 0, err
		}
		if err := t.receive(); err != nil {
			return 0, err
		}
	}
	n := copy(b, t.in)
	t.in = t.in[n:]
	return n, nil
}

func (t *Tunnel) receive() error {
	var header [HeaderSize]byte
	if _, err := io.ReadFull(t.Conn, header[:]); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint16(header[2:]))
	if header[0] != KindPrelogin && header[0] != KindReply || size <= HeaderSize {
		return t.malformed
	}
	t.in = make([]byte, size-HeaderSize)
	_, err := io.ReadFull(t.Conn, t.in)
	return err
}

// flush sends what was kept as one message, in packets of the size that holds until a login.
func (t *Tunnel) flush() error {
	const most = 4096 - HeaderSize
	for len(t.out) > 0 {
		n := min(len(t.out), most)
		packet := [HeaderSize]byte{0: KindPrelogin, 6: 1}
		if n == len(t.out) {
			packet[1] = 1 // the last
		}
		binary.BigEndian.PutUint16(packet[2:], uint16(HeaderSize+n))
		if _, err := t.Conn.Write(append(packet[:], t.out[:n]...)); err != nil {
			return err
		}
		t.out = t.out[n:]
	}
	return nil
}

// Finish ends the handshake: from now on TLS goes without packets.
func (t *Tunnel) Finish() error {
	t.through = true
	return t.flush()
}
