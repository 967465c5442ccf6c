package mysqlfront

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"

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
	*frontend.Conn
	server   *Server
	wire     *wire        // inside TLS once there is any
	greeting *greeting    // what the client was told
	response response     // what it answered
	passed   *backendConn // with PassOn, the one that has greeted the client
}

// Login implements [frontend.Protocol].
func (c *client) Login(ctx context.Context) (session func(context.Context), err error) {
	defer func() {
		if err != nil && c.passed != nil {
			c.passed.close()
		}
	}()
	if err := c.greet(ctx); err != nil {
		return nil, err
	}
	if err := c.negotiate(ctx); err != nil {
		return nil, err
	}
	if err := c.authenticate(ctx); err != nil {
		return nil, err
	}
	if c.server.backend == nil {
		return c.handle, nil
	}
	backend, err := c.server.backend.connect(ctx, c.response, c.passed)
	if err != nil && c.passed != nil {
		err = c.whyRefused(err)
	}
	return func(ctx context.Context) { c.splice(ctx, backend) }, err
}

// greet sends the greeting: the backend's, as far as the front end can keep its
// promises.
func (c *client) greet(ctx context.Context) error {
	c.Wait(ctx)
	g := &greeting{
		version: ownVersion, connection: c.server.connections.Add(1),
		flags: ownFlags, charset: utf8mb4, status: autocommit,
	}
	if c.server.backend != nil {
		theirs, err := c.theirGreeting(ctx, g.connection)
		if err != nil {
			c.Heard = true // to have it listed
			return err
		}
		g = &theirs
	}
	g.flags &^= unspliced
	if !c.LacksTLS() {
		g.flags |= ssl
	}
	g.plugin = c.server.options.AuthPlugin
	g.scramble = []byte(rand.Text()[:scrambleLength]) // without zero bytes, which would end it
	c.greeting = g
	return c.wire.send(g.encode())
}

// theirGreeting is the backend's. The number of the connection, by which a client ends a statement, is the backend's if
// there is one for this client already.
func (c *client) theirGreeting(ctx context.Context, number uint32) (greeting, error) {
	if !c.server.options.PassOn {
		theirs, err := c.server.backend.hello(ctx)
		theirs.connection = number
		return theirs, err
	}
	conn, err := c.server.backend.open(ctx)
	if err != nil {
		return greeting{}, err
	}
	c.passed = conn
	return *conn.greeting, nil
}

// negotiate reads the response to the greeting, inside TLS if the client wants.
func (c *client) negotiate(ctx context.Context) error {
	if _, err := c.First(); err != nil {
		return err
	}
	message, err := c.wire.receive()
	if err == nil && len(message) == sslRequest {
		if err := c.encrypt(ctx); err != nil {
			return err
		}
		message, err = c.wire.receive()
	}
	if err != nil {
		return fmt.Errorf("azuretest: no response to the greeting: %w", err)
	}
	response, err := parseResponse(message, c.greeting.flags)
	if err != nil {
		return err
	}
	c.response = *response
	c.Entry.User, c.Entry.Database = response.user, response.database
	c.Entry.Parameters = response.parameters()
	if response.plugin == clearPassword && len(response.auth) > 0 { // no one asked for it
		c.Password(unterminated(response.auth))
	}
	return nil
}

// encrypt performs the handshake and carries on inside TLS. A client sends its
// first record together with the request for TLS, so bytes may wait here.
func (c *client) encrypt(ctx context.Context) error {
	if c.greeting.flags&ssl == 0 {
		return fmt.Errorf("%w: azuretest: a request for TLS, which was not offered", badHandshake)
	}
	sequence := c.wire.sequence
	_, err := c.Secure(ctx, c.Buffered(), &tls.Config{})
	c.wire = newWire(c.Conn, c.In)
	c.wire.sequence = sequence
	return err
}

// Refuse implements [frontend.Protocol].
func (c *client) Refuse(reason error) bool {
	e, ok := errors.AsType[*azuretest.ServerError](reason)
	return ok && c.wire.send(encodeError(e, c.response.flags)) == nil
}

// Stray implements [frontend.Protocol].
func (c *client) Stray() (string, error) {
	length, sequence, err := c.wire.receiveHead()
	if err != nil {
		return "", err
	}
	message, err := io.ReadAll(io.LimitReader(c.In, int64(length)))
	if err != nil || len(message) < length {
		return "", io.ErrUnexpectedEOF
	}
	if sequence == 0 { // commands, such as a goodbye, begin anew
		return "", nil
	}
	return unterminated(message), nil
}
