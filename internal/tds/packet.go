// Package tds reads and writes the messages of SQL Server (MS-TDS): prelogin, login, requests and
// answers, and the values in them.
package tds

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Kind is the type of a message (MS-TDS 2.2.3.1.1).
type Kind byte

const (
	KindBatch       Kind = 1
	KindRPC         Kind = 3
	KindReply       Kind = 4 // all that a server says, but for TLS handshakes
	KindAttention   Kind = 6
	KindBulkLoad    Kind = 7
	KindToken       Kind = 8 // the access token, for clients that ask where to get it
	KindTransaction Kind = 14
	KindLogin       Kind = 16
	KindPrelogin    Kind = 18
)

// status are the bits of a packet's status (MS-TDS 2.2.3.1.2).
type status byte

const (
	StatusEnd       status = 0x01 // the last packet of a message
	statusIgnore    status = 0x02 // the client takes the message back; comes with StatusEnd
	statusReset     status = 0x08 // reset the session before the request
	statusResetSkip status = 0x10 // the same, but for an open transaction
)

const (
	// HeaderLength is the size of a packet's header (MS-TDS 2.2.3.1).
	HeaderLength = 8

	// The sizes of packets that a client may ask for, and the one until it has (MS-TDS
	// 2.2.6.4). Inside TLS a packet fits in one record (connect in go-mssqldb's tds.go).
	MinPacket     = 512
	DefaultPacket = 4096
	MaxPacket     = 32767
	MaxTLSPacket  = 16383

	// loginLimit is the longest message accepted before a client is logged in: twice
	// that of LOGIN7 (MS-TDS 2.2.6.4), which leaves room to test what is too long.
	loginLimit = 256 << 10
)

// Message is put together from its packets.
type Message struct {
	Kind   Kind
	Status status // the bits of all its packets
	Body   []byte
}

// Stream reads and writes messages. What follows a message that was read can be
// handed to others with In. One goroutine may read while another one writes.
type Stream struct {
	In    *bufio.Reader
	out   io.Writer
	Size  int // of the packets to write, with their header
	Limit int // the longest message accepted, without headers
}

func NewStream(in io.Reader, out io.Writer) *Stream {
	return &Stream{In: bufio.NewReader(in), out: out, Size: DefaultPacket, Limit: loginLimit}
}

// Receive reads a whole message. The error is [io.EOF] if the stream ended before
// its first byte.
func (s *Stream) Receive() (Message, error) {
	var m Message
	for first := true; ; first = false {
		var header [HeaderLength]byte
		if _, err := io.ReadFull(s.In, header[:]); err != nil {
			return m, cut(err, first)
		}
		kind, length := Kind(header[0]), int(binary.BigEndian.Uint16(header[2:]))-HeaderLength
		switch {
		case length < 0:
			return m, fmt.Errorf("azuretest: packet of type %d is shorter than its header", kind)
		case !first && kind != m.Kind:
			return m, fmt.Errorf("azuretest: packet of type %d inside a message of type %d", kind, m.Kind)
		case len(m.Body)+length > s.Limit:
			return m, fmt.Errorf("azuretest: message of type %d is longer than %d bytes", kind, s.Limit)
		}
		m.Kind = kind
		m.Status |= status(header[1])
		start := len(m.Body)
		m.Body = slices.Grow(m.Body, length)[:start+length]
		if _, err := io.ReadFull(s.In, m.Body[start:]); err != nil {
			return m, cut(err, false)
		}
		if m.Status&StatusEnd != 0 {
			return m, nil
		}
	}
}

// cut is the error for a stream that ended, inside a message or before it.
func cut(err error, before bool) error {
	if err == io.EOF && !before {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Send writes a whole message.
func (s *Stream) Send(kind Kind, body []byte) error {
	w := s.begin(kind)
	if err := w.write(body); err != nil {
		return err
	}
	return w.close()
}

// begin starts a message whose body is written to the result, which must be
// closed before the next message begins.
func (s *Stream) begin(kind Kind) *writer {
	packet := make([]byte, HeaderLength, s.Size)
	packet[0] = byte(kind)
	return &writer{out: s.out, packet: packet}
}

// writer cuts one message into packets.
type writer struct {
	out    io.Writer
	packet []byte // its header and what has been written to it; its capacity is the size
	number byte   // of the last packet, modulo 256 (MS-TDS 2.2.3.1.5)
}

// write adds to the message. A packet is sent when there is more to come than
// fits in it.
func (w *writer) write(p []byte) error {
	for len(p) > 0 {
		if len(w.packet) == cap(w.packet) {
			if err := w.send(0); err != nil {
				return err
			}
		}
		n := min(len(p), cap(w.packet)-len(w.packet))
		w.packet, p = append(w.packet, p[:n]...), p[n:]
	}
	return nil
}

// close sends the last packet of the message.
func (w *writer) close() error { return w.send(StatusEnd) }

// send sends the packet and begins the next one.
func (w *writer) send(status status) error {
	w.number++
	w.packet[1] = byte(status)
	binary.BigEndian.PutUint16(w.packet[2:], uint16(len(w.packet)))
	w.packet[6] = w.number
	_, err := w.out.Write(w.packet)
	w.packet = w.packet[:HeaderLength]
	return err
}
