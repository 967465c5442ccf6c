package azuretest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// tdsKind is the type of a message (MS-TDS 2.2.3.1.1).
type tdsKind byte

const (
	tdsBatch       tdsKind = 1
	tdsRPC         tdsKind = 3
	tdsReply       tdsKind = 4 // all that a server says, but for TLS handshakes
	tdsAttention   tdsKind = 6
	tdsBulkLoad    tdsKind = 7
	tdsToken       tdsKind = 8 // the access token, for clients that ask where to get it
	tdsTransaction tdsKind = 14
	tdsLogin7      tdsKind = 16
	tdsPrelogin    tdsKind = 18
)

// tdsStatus are the bits of a packet's status (MS-TDS 2.2.3.1.2).
type tdsStatus byte

const (
	tdsEnd       tdsStatus = 0x01 // the last packet of a message
	tdsIgnore    tdsStatus = 0x02 // the client takes the message back; comes with tdsEnd
	tdsReset     tdsStatus = 0x08 // reset the session before the request
	tdsResetSkip tdsStatus = 0x10 // the same, but for an open transaction
)

const (
	// tdsHeaderLength is the size of a packet's header (MS-TDS 2.2.3.1).
	tdsHeaderLength = 8

	// The sizes of packets that a client may ask for, and the one until it has
	// (MS-TDS 2.2.6.4). Inside TLS a server grants no more than tdsMaxTLSPacket,
	// what fits in one record (connect in go-mssqldb's tds.go).
	tdsMinPacket     = 512
	tdsDefaultPacket = 4096
	tdsMaxPacket     = 32767
	tdsMaxTLSPacket  = 16383

	// tdsLoginLimit is the longest message accepted before a client is logged in.
	// LOGIN7 may have 128 KB (MS-TDS 2.2.6.4); twice that leaves room to test what
	// is too long.
	tdsLoginLimit = 256 << 10
)

// tdsMessage is a message from a client or a server, put together from its
// packets.
type tdsMessage struct {
	kind   tdsKind
	status tdsStatus // the bits of all its packets
	body   []byte
}

// tdsStream reads and writes messages. It does not read on beyond the message
// that was asked for, so what follows can be handed to others with in. One
// goroutine may read while another one writes.
type tdsStream struct {
	in    *bufio.Reader
	out   io.Writer
	size  int // of the packets to write, with their header
	limit int // the longest message accepted, without headers
}

func newTDSStream(conn io.ReadWriter) *tdsStream {
	return &tdsStream{in: bufio.NewReader(conn), out: conn, size: tdsDefaultPacket, limit: tdsLoginLimit}
}

// receive reads a whole message. The error is [io.EOF] if the stream ended before
// its first byte.
func (s *tdsStream) receive() (tdsMessage, error) {
	var m tdsMessage
	for first := true; ; first = false {
		var header [tdsHeaderLength]byte
		if _, err := io.ReadFull(s.in, header[:]); err != nil {
			return m, tdsCut(err, first)
		}
		kind, length := tdsKind(header[0]), int(binary.BigEndian.Uint16(header[2:]))-tdsHeaderLength
		switch {
		case length < 0:
			return m, fmt.Errorf("azuretest: packet of type %d is shorter than its header", kind)
		case !first && kind != m.kind:
			return m, fmt.Errorf("azuretest: packet of type %d inside a message of type %d", kind, m.kind)
		case len(m.body)+length > s.limit:
			return m, fmt.Errorf("azuretest: message of type %d is longer than %d bytes", kind, s.limit)
		}
		m.kind = kind
		m.status |= tdsStatus(header[1])
		start := len(m.body)
		m.body = slices.Grow(m.body, length)[:start+length]
		if _, err := io.ReadFull(s.in, m.body[start:]); err != nil {
			return m, tdsCut(err, false)
		}
		if m.status&tdsEnd != 0 {
			return m, nil
		}
	}
}

// tdsCut is the error for a stream that ended, inside a message or before it.
func tdsCut(err error, before bool) error {
	if err == io.EOF && !before {
		return io.ErrUnexpectedEOF
	}
	return err
}

// send writes a whole message.
func (s *tdsStream) send(kind tdsKind, body []byte) error {
	w := s.begin(kind)
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}

// begin starts a message whose body is written to the result, which must be
// closed before the next message begins.
func (s *tdsStream) begin(kind tdsKind) *tdsWriter {
	packet := make([]byte, tdsHeaderLength, s.size)
	packet[0] = byte(kind)
	return &tdsWriter{out: s.out, packet: packet}
}

// tdsWriter cuts one message into packets.
type tdsWriter struct {
	out    io.Writer
	packet []byte // its header and what has been written to it; its capacity is the size
	number byte   // of the last packet, modulo 256 (MS-TDS 2.2.3.1.5)
}

// Write adds to the message. A packet is sent when there is more to come than
// fits in it.
func (w *tdsWriter) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if len(w.packet) == cap(w.packet) {
			if err := w.flush(0); err != nil {
				return written, err
			}
		}
		n := min(len(p)-written, cap(w.packet)-len(w.packet))
		w.packet = append(w.packet, p[written:written+n]...)
		written += n
	}
	return written, nil
}

// Flush sends what there is of a packet. A packet without content would be no
// error, but go-mssqldb's ReadByte (buf.go) expects a byte in each.
func (w *tdsWriter) Flush() error {
	if len(w.packet) == tdsHeaderLength {
		return nil
	}
	return w.flush(0)
}

// Close sends the last packet of the message.
func (w *tdsWriter) Close() error { return w.flush(tdsEnd) }

// flush sends the packet and begins the next one.
func (w *tdsWriter) flush(status tdsStatus) error {
	w.number++
	w.packet[1] = byte(status)
	binary.BigEndian.PutUint16(w.packet[2:], uint16(len(w.packet)))
	w.packet[6] = w.number
	_, err := w.out.Write(w.packet)
	w.packet = w.packet[:tdsHeaderLength]
	return err
}
