package mysqlfront

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

const (
	// packetMax is the longest payload of one packet. A message goes on until one is
	// shorter than this:
	// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
	packetMax = 1<<24 - 1

	loginLimit   = packetMax - 1 // the longest message before a client is logged in
	sessionLimit = 1 << 30       // and in a session: the largest max_allowed_packet of MySQL
)

// wire reads and writes the messages of one connection. What it has read ahead stays
// in its reader, for TLS after the request for it and for the backend after the login.
type wire struct {
	conn     net.Conn
	in       *bufio.Reader // all that comes from conn
	out      *bufio.Writer
	sequence byte // of the next packet, in either direction
	limit    int  // longest message accepted
}

func newWire(conn net.Conn, in *bufio.Reader) *wire {
	return &wire{conn: conn, in: in, out: bufio.NewWriter(conn), limit: loginLimit}
}

// receive reads the next message.
func (w *wire) receive() ([]byte, error) {
	var message bytes.Buffer
	for {
		length, sequence, err := w.receiveHead()
		if err != nil {
			return nil, err
		}
		if sequence != w.sequence {
			return nil, fmt.Errorf("%w: azuretest: sequence id %d, want %d", outOfOrder, sequence, w.sequence)
		}
		w.sequence++
		if message.Len()+length > w.limit {
			return nil, fmt.Errorf("%w: azuretest: the limit is %d bytes here", tooLong, w.limit)
		}
		_, err = io.CopyN(&message, w.in, int64(length)) // takes memory only for what arrives
		switch {
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		if length < packetMax {
			return message.Bytes(), nil
		}
	}
}

// receiveHead reads what a packet begins with; the sequence numbers the packets of an
// exchange.
func (w *wire) receiveHead() (length int, sequence byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return 0, 0, err
	}
	return int(head[0]) | int(head[1])<<8 | int(head[2])<<16, head[3], nil
}

// queue adds a message to those that flush will write.
func (w *wire) queue(message []byte) {
	for {
		part := message[:min(len(message), packetMax)]
		message = message[len(part):]
		n := len(part)
		// Errors stay in the writer until it is flushed.
		_, _ = w.out.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), w.sequence})
		_, _ = w.out.Write(part)
		w.sequence++
		if n < packetMax {
			return
		}
	}
}

func (w *wire) flush() error { return w.out.Flush() }

// send writes a message at once.
func (w *wire) send(message []byte) error {
	w.queue(message)
	return w.flush()
}

// appendInt appends a length-encoded integer:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html
func appendInt(b []byte, n uint64) []byte {
	switch {
	case n < 251:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16(append(b, 0xfc), uint16(n))
	case n < 1<<24:
		return append(b, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xfe), n)
	}
}

// appendString appends a string with its length in front.
func appendString[S string | []byte](b []byte, s S) []byte {
	return append(appendInt(b, uint64(len(s))), s...)
}

// reader takes a message apart. Reading beyond its end yields zeros and
// sets bad, so that a message needs one check, at the end.
type reader struct {
	rest []byte
	bad  bool
}

// bytes returns the next n bytes; of the message itself, not a copy.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.bad = nil, true
		return nil
	}
	var taken []byte
	taken, r.rest = r.rest[:n:n], r.rest[n:]
	return taken
}

// uint reads an integer of width bytes, 8 at most.
func (r *reader) uint(width uint64) uint64 {
	var wide [8]byte
	copy(wide[:], r.bytes(width))
	return binary.LittleEndian.Uint64(wide[:])
}

func (r *reader) uint8() byte    { return byte(r.uint(1)) }
func (r *reader) uint16() uint16 { return uint16(r.uint(2)) }
func (r *reader) uint32() uint32 { return uint32(r.uint(4)) }

// length reads a length-encoded integer.
func (r *reader) length() uint64 {
	switch first := r.uint8(); first {
	case 0xfb, 0xff: // NULL and an error: no lengths
		r.bad = true
		return 0
	case 0xfc:
		return r.uint(2)
	case 0xfd:
		return r.uint(3)
	case 0xfe:
		return r.uint(8)
	default:
		return uint64(first)
	}
}

// string reads a string with its length in front.
func (r *reader) string() string { return string(r.bytes(r.length())) }

// terminated reads a string up to a zero byte, or to the end of the message.
func (r *reader) terminated() string {
	text, rest, _ := bytes.Cut(r.rest, []byte{0})
	r.rest = rest
	return string(text)
}
