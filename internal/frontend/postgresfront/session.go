package postgresfront

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"maps"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Session is a client that has logged in and has been told that the
// server is ready for a query. It is for one goroutine, but for QueryContext's
// contexts.
type Session struct {
	User       string            // that the client logged in as
	Database   string            // which database it asked for
	Parameters map[string]string // the other startup parameters, such as application_name

	wire *wire

	mu     sync.Mutex
	cancel context.CancelFunc // ends the context that QueryContext gave last
}

// Receive flushes what was sent and waits for the client's next message, which
// is valid until the next call. It returns [io.EOF] when the client has ended the
// session, with a Terminate message or without.
func (s *Session) Receive() (pgproto3.FrontendMessage, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	message, err := s.wire.receive()
	if _, ok := message.(*pgproto3.Terminate); ok {
		return nil, io.EOF
	}
	return message, err
}

// Send queues messages for the client. An error in one of them is returned by
// the next Flush or Receive.
func (s *Session) Send(messages ...pgproto3.BackendMessage) {
	for _, m := range messages {
		s.wire.backend.Send(m)
	}
}

// Flush writes the queued messages to the client.
func (s *Session) Flush() error { return s.wire.backend.Flush() }

// QueryContext returns a context for one query: it ends when ctx does, when the
// client asks to cancel, at the next call of QueryContext, and when done is
// called. PostgreSQL answers a query that was cancelled with SQLSTATE 57014.
func (s *Session) QueryContext(ctx context.Context) (query context.Context, done context.CancelFunc) {
	query, done = context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	s.cancel = done
	return query, done
}

// interrupt cancels the query that is running, if any.
func (s *Session) interrupt(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
}

// parameters are reported to the client of a Handler after the login; pgx
// needs standard_conforming_strings and client_encoding for its simple protocol.
var parameters = map[string]string{
	"client_encoding":             "UTF8",
	"DateStyle":                   "ISO, MDY",
	"integer_datetimes":           "on",
	"server_encoding":             "UTF8",
	"server_version":              "15.0 (azuretest)",
	"standard_conforming_strings": "on",
	"TimeZone":                    "UTC",
}

// handle lets the Handler speak for the server.
func (c *client) handle(ctx context.Context) {
	c.wire.limit = sessionLimit
	s := &Session{
		User:       c.Entry.User,
		Database:   c.Entry.Database,
		Parameters: maps.Clone(c.Entry.Parameters),
		wire:       c.wire,
	}
	var key [8]byte
	_, _ = rand.Read(key[:])                                    // never fails (crypto/rand)
	pid, secret := binary.BigEndian.Uint32(key[:4])>>1, key[4:] // process ids are positive
	forget := c.server.cancels.add(pid, secret, s.interrupt)
	defer forget()

	parameters := maps.Clone(parameters)
	parameters["session_authorization"] = s.User
	parameters["application_name"] = s.Parameters["application_name"]
	c.greet(parameters, pid, secret, 'I')
	if err := s.Flush(); err != nil {
		return
	}
	handler := c.server.options.Handler
	if handler == nil {
		handler = statements(c.server.options.Query)
	}
	if answer := errorResponse(handler(ctx, s), "FATAL"); answer != nil {
		s.Send(answer)
	}
	_ = s.Flush() // the session is over either way
}
