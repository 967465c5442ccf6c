package mysqltest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// The first byte of an answer:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_response_packets.html
const (
	okPacket   = 0x00
	moreAuth   = 0x01
	eofPacket  = 0xfe
	switchAuth = 0xfe
	errPacket  = 0xff
)

// client is one client's connection.
type client struct {
	server    *Server
	raw       net.Conn // without TLS
	wire      *wire    // inside TLS once there is any
	login     *azuretest.ServerLogin
	delay     time.Duration // before each answer
	plaintext bool          // log in without TLS (Plaintext)
	hello     bool          // the client has said something
	greeting  *greeting     // what the client was told
	response  response      // what it answered
}

// serveConn takes the client from the greeting to the end of its session.
func (s *Server) serveConn(ctx context.Context, conn net.Conn) {
	c := &client{server: s, raw: conn, wire: newWire(conn), login: &azuretest.ServerLogin{Time: time.Now()}}
	defer func() { frontend.HangUp(c.wire.conn, c.raw) }()
	backend, err := c.admit(ctx)
	switch {
	case err != nil:
		c.refuse(err)
	case backend != nil:
		c.end(nil)
		c.splice(ctx, backend)
	default:
		c.end(nil)
		c.handle(ctx)
	}
}

// admit does all that comes before a session. The client has not been told yet
// that it may have one; the connection to the ordinary server, if any, is open.
func (c *client) admit(ctx context.Context) (*backendConn, error) {
	c.delay = c.server.Faults.Take(azuretest.Slow).Delay
	if c.server.Faults.Meets(azuretest.Silent) {
		n, _ := io.Copy(io.Discard, c.wire.conn) // until the client or the server closes it
		c.hello = n > 0
		return nil, errors.New("azuretest: the server said nothing, as injected")
	}
	if err := c.greet(ctx); err != nil {
		return nil, err
	}
	if err := c.negotiate(ctx); err != nil {
		return nil, err
	}
	if err := c.authenticate(ctx); err != nil || c.server.backend == nil {
		return nil, err
	}
	return c.server.backend.connect(ctx, c.response)
}

// greet sends the greeting: the backend's, as far as the front end can keep its
// promises.
func (c *client) greet(ctx context.Context) error {
	frontend.Pause(ctx, c.delay)
	g := &greeting{
		version:    ownVersion,
		connection: c.server.connections.Add(1),
		flags:      ownFlags,
		charset:    utF8,
		status:     autocommit,
	}
	if c.server.backend != nil {
		theirs, err := c.server.backend.hello(ctx)
		if err != nil {
			c.hello = true // to have it listed
			return err
		}
		theirs.connection = g.connection
		g = &theirs
	}
	g.flags = g.flags&^unspliced | ssl
	if refused := c.server.Faults.Take(azuretest.NoTLS, azuretest.Plaintext); refused.Kind != "" {
		g.flags &^= ssl
		c.plaintext = refused.Kind == azuretest.Plaintext
	}
	g.plugin = c.server.options.AuthPlugin
	g.scramble = []byte(rand.Text()[:scrambleLength]) // without zero bytes, which would end it
	c.greeting = g
	return c.wire.send(g.encode())
}

// negotiate reads the response to the greeting, inside TLS if the client wants.
func (c *client) negotiate(ctx context.Context) error {
	if _, err := c.wire.in.Peek(1); err != nil {
		return fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.hello = true
	message, err := c.receiveResponse()
	if err != nil {
		return err
	}
	if len(message) == sslRequest {
		if err := c.encrypt(ctx); err != nil {
			return err
		}
		if message, err = c.receiveResponse(); err != nil {
			return err
		}
	}
	response, err := parseResponse(message, c.greeting.flags)
	if err != nil {
		return err
	}
	c.identify(response)
	return nil
}

func (c *client) receiveResponse() ([]byte, error) {
	message, err := c.wire.receive()
	if err != nil {
		return nil, fmt.Errorf("azuretest: no response to the greeting: %w", err)
	}
	return message, nil
}

// encrypt performs the handshake and carries on inside TLS. A client sends its
// first record together with the request for TLS, so bytes may wait here.
func (c *client) encrypt(ctx context.Context) error {
	if c.greeting.flags&ssl == 0 {
		return fmt.Errorf("%w: azuretest: a request for TLS, which was not offered", badHandshake())
	}
	secured, err := c.server.Handshake(ctx, frontend.BufferedConn{Conn: c.wire.conn, In: c.wire.in}, c.login, &tls.Config{})
	if err != nil {
		return err
	}
	sequence := c.wire.sequence
	c.wire = newWire(secured)
	c.wire.sequence = sequence
	return nil
}

// identify notes whom the client wants to be.
func (c *client) identify(response *response) {
	c.response = *response
	c.login.User, c.login.Database = response.user, response.database
	c.login.Parameters = response.parameters()
	if response.plugin == clearPassword && len(response.auth) > 0 { // nobody asked for it
		c.server.Record.Password(c.login, unterminated(response.auth))
	}
}

// refuse lists the login as failed and tells the client why, if there is
// something to tell.
func (c *client) refuse(reason error) {
	c.end(reason)
	refusal, ok := errors.AsType[*Error](reason)
	if !ok {
		return
	}
	if err := c.wire.send(encodeError(refusal, c.response.flags)); err != nil {
		return
	}
	c.linger()
}

// end lists the login; nil: it succeeded.
func (c *client) end(reason error) {
	c.login.Err = reason
	if c.hello {
		c.server.Record.Add(c.login)
	}
}

// linger reads on until the client leaves, for a moment, to note a password that
// nobody asked for.
func (c *client) linger() {
	if err := c.wire.conn.SetReadDeadline(time.Now().Add(frontend.Lingering)); err != nil {
		return
	}
	for {
		length, sequence, err := c.wire.receiveHead()
		if err != nil {
			return
		}
		message, err := io.ReadAll(io.LimitReader(c.wire.in, int64(length)))
		if err != nil || len(message) < length {
			return
		}
		if sequence > 0 && length > 0 && c.login.PasswordLength == 0 { // commands, such as a goodbye, begin anew
			c.server.Record.Password(c.login, unterminated(message))
		}
	}
}
