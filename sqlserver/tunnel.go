package sqlserver

import (
	"encoding/binary"
	"io"
	"net"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// tunnel carries a TLS handshake inside TDS packets, as TDS 7.x does (MS-TDS section 3.2.5.1), and TLS afterwards.
type tunnel struct {
	net.Conn
	out, in []byte // not sent, and not read yet
	through bool   // the handshake is over
}

// Write keeps the messages of the handshake until the server's reply is read.
func (t *tunnel) Write(b []byte) (int, error) {
	if t.through {
		return t.Conn.Write(b)
	}
	t.out = append(t.out, b...)
	return len(b), nil
}

// Read sends what was kept, and reads a packet.
func (t *tunnel) Read(b []byte) (int, error) {
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

func (t *tunnel) receive() error {
	var header [headerSize]byte
	if _, err := io.ReadFull(t.Conn, header[:]); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint16(header[2:]))
	if header[0] != packetPrelogin && header[0] != packetReply || size <= headerSize {
		return sqlopen.ErrAnswer
	}
	t.in = make([]byte, size-headerSize)
	_, err := io.ReadFull(t.Conn, t.in)
	return err
}

// flush sends what was kept as one message, in packets of the size that holds until a login.
func (t *tunnel) flush() error {
	const most = 4096 - headerSize
	for len(t.out) > 0 {
		n := min(len(t.out), most)
		packet := [headerSize]byte{0: packetPrelogin, 6: 1}
		if n == len(t.out) {
			packet[1] = 1 // the last
		}
		binary.BigEndian.PutUint16(packet[2:], uint16(headerSize+n))
		if _, err := t.Conn.Write(append(packet[:], t.out[:n]...)); err != nil {
			return err
		}
		t.out = t.out[n:]
	}
	return nil
}

// finish ends the handshake: from now on TLS goes without packets.
func (t *tunnel) finish() error {
	t.through = true
	return t.flush()
}
