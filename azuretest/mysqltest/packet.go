package mysqltest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
)

const (
	// packetMax is the longest payload of one packet. A longer message goes on
	// in further packets, until one is shorter than this:
	// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
	packetMax = 1<<24 - 1

	// loginLimit is the longest message accepted before a client is logged in:
	// what fits in one packet.
	loginLimit = packetMax - 1

	// sessionLimit is the longest message of a session: the largest
	// max_allowed_packet of MySQL.
	sessionLimit = 1 << 30
)

// wire reads and writes the messages of one connection. What it has read
// ahead stays in its reader, so the rest can be handed on: to TLS after the
// request for it, to the backend after the login.
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
			return nil, fmt.Errorf("%w: azuretest: sequence id %d, want %d", outOfOrder(), sequence, w.sequence)
		}
		w.sequence++
		if message.Len()+length > w.limit {
			return nil, fmt.Errorf("%w: azuretest: the limit is %d bytes here", tooLong(), w.limit)
		}
		if _, err := io.CopyN(&message, w.in, int64(length)); err != nil { // takes memory only for what arrives
			return nil, cutOff(err)
		}
		if length < packetMax {
			return message.Bytes(), nil
		}
	}
}

// receiveHead reads what a packet begins with: three bytes of length, one that
// numbers the packets of an exchange.
func (w *wire) receiveHead() (length int, sequence byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return 0, 0, err
	}
	return int(head[0]) | int(head[1])<<8 | int(head[2])<<16, head[3], nil
}

// cutOff is the error of a message that ended early.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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
