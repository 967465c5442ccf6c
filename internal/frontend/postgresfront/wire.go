package postgresfront

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/internal/frontend"
)

const (
	// loginLimit is the longest message accepted before a client is logged in.
	// PostgreSQL stops at 65535 bytes (PG_MAX_AUTH_TOKEN_LENGTH in libpq/auth.h);
	// twice that leaves room to test what is too long for it.
	loginLimit = 128 << 10

	// sessionLimit is the longest message of a session, as in PostgreSQL
	// (PQ_LARGE_MESSAGE_LIMIT in libpq/libpq.h).
	sessionLimit = 1<<30 - 2

	// cancelCode marks a request to cancel a query, of cancelLength bytes at
	// least (libpq/pqcomm.h). pgx sends a shorter one, without a key, when a login
	// breaks off before the server has given it one.
	cancelCode   = 80877102
	cancelLength = 16
)

// wire reads and writes the messages of one connection. It never reads beyond
// the message that was asked for, so the rest can be handed on: to TLS after the
// request for it, to the backend after the login.
type wire struct {
	in      *bufio.Reader    // all that comes from the client
	message io.LimitedReader // the part of in that backend may read
	backend *pgproto3.Backend
	limit   int // longest message accepted
}

func newWire(c *frontend.Conn) *wire {
	w := &wire{in: c.In, limit: loginLimit}
	w.message.R = w.in
	w.backend = pgproto3.NewBackend(&w.message, c)
	return w
}

// receiveStartup reads one of the messages that begin a connection.
func (w *wire) receiveStartup() (pgproto3.FrontendMessage, error) {
	head, err := w.in.Peek(8) // length and code, which the shortest of them consists of
	if err != nil {
		return nil, err
	}
	w.message.N = int64(binary.BigEndian.Uint32(head))
	if w.message.N < cancelLength && binary.BigEndian.Uint32(head[4:]) == cancelCode {
		return &pgproto3.CancelRequest{}, nil
	}
	return w.backend.ReceiveStartupMessage() // which knows the limits
}

// receive reads any later message. It is valid until the next one is read.
func (w *wire) receive() (pgproto3.FrontendMessage, error) {
	head, err := w.in.Peek(5) // one byte of type, four of length, which includes itself
	if err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[1:]))
	if length < 4 || length > int64(w.limit) {
		return nil, fmt.Errorf("azuretest: message of type %q has length %d, want 4 to %d", head[0], length, w.limit)
	}
	w.message.N = 1 + length
	return w.backend.Receive()
}

// send writes messages at once.
func (w *wire) send(messages ...pgproto3.BackendMessage) error {
	for _, m := range messages {
		w.backend.Send(m)
	}
	return w.backend.Flush()
}
