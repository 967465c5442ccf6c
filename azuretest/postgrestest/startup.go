package postgrestest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// alpn is the protocol name that sslnegotiation=direct requires:
// https://www.postgresql.org/docs/current/protocol-flow.html
const alpn = "postgresql"

// errCancel says that the connection brought a request to cancel a query.
var errCancel = errors.New("azuretest: request to cancel a query")

// client is one client's connection.
type client struct {
	server    *Server
	raw       net.Conn // without TLS
	wire      *wire    // inside TLS once there is any
	login     *azuretest.ServerLogin
	delay     time.Duration // before each answer
	plaintext bool          // log in without TLS (Plaintext)
	hello     bool          // the client has said something
	database  string        // as the client named it, perhaps ""
}

func newConn(s *Server, conn net.Conn) *client {
	return &client{server: s, raw: conn, wire: newWire(conn), login: &azuretest.ServerLogin{Time: time.Now()}}
}

// serve takes the client from its first byte to the end of its session.
func (c *client) serve(ctx context.Context) {
	defer func() { frontend.HangUp(c.wire.conn, c.raw) }() // c.wire changes
	backend, err := c.admit(ctx)
	switch {
	case errors.Is(err, errCancel): // not a login
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
func (c *client) admit(ctx context.Context) (*backend, error) {
	c.delay = c.server.Faults.Take(azuretest.Slow).Delay
	if c.server.Faults.Meets(azuretest.Silent) {
		n, _ := io.Copy(io.Discard, c.wire.conn) // until the client or the server closes it
		c.hello = n > 0
		return nil, errors.New("azuretest: the server said nothing, as injected")
	}
	startup, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	c.identify(startup)
	if err := c.authenticate(ctx, startup.ProtocolVersion); err != nil || c.server.backend == nil {
		return nil, err
	}
	return c.dialBackend(ctx)
}

// negotiate answers requests for encryption until the startup message comes.
func (c *client) negotiate(ctx context.Context) (*pgproto3.StartupMessage, error) {
	first, err := c.wire.in.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.hello = true
	if first[0] == frontend.TlsHandshakeRecord {
		if err := c.direct(ctx); err != nil {
			return nil, err
		}
	}
	for {
		message, err := c.wire.receiveStartup()
		if err != nil {
			return nil, fmt.Errorf("azuretest: no startup message: %w", err)
		}
		switch message := message.(type) {
		case *pgproto3.SSLRequest:
			err = c.negotiated(ctx)
		case *pgproto3.GSSEncRequest:
			_, err = c.wire.conn.Write([]byte("N"))
		case *pgproto3.CancelRequest:
			c.server.cancels.forward(ctx, message)
			return nil, errCancel
		case *pgproto3.StartupMessage:
			return message, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// negotiated answers a request for TLS.
func (c *client) negotiated(ctx context.Context) error {
	frontend.Pause(ctx, c.delay)
	refused := c.server.Faults.Take(azuretest.NoTLS, azuretest.Plaintext)
	switch {
	case c.login.TLS:
		return fatal("08P01", "unsupported frontend protocol: TLS was negotiated before")
	case refused.Kind != "":
		c.plaintext = refused.Kind == azuretest.Plaintext
		_, err := c.wire.conn.Write([]byte("N"))
		return err
	case c.wire.in.Buffered() > 0: // or bytes of an attacker would pass for the client's: CVE-2021-23214
		return fatal("08P01", "received unencrypted data after SSL request")
	}
	if _, err := c.wire.conn.Write([]byte("S")); err != nil {
		return err
	}
	return c.encrypt(ctx)
}

// direct serves a client that begins with TLS (sslnegotiation=direct).
func (c *client) direct(ctx context.Context) error {
	frontend.Pause(ctx, c.delay)
	if c.server.Faults.Take(azuretest.NoTLS, azuretest.Plaintext).Kind != "" {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	if err := c.encrypt(ctx); err != nil {
		return err
	}
	if c.wire.conn.(*tls.Conn).ConnectionState().NegotiatedProtocol != alpn {
		return fatal("08P01", "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return nil
}

// encrypt performs the handshake and carries on inside TLS.
func (c *client) encrypt(ctx context.Context) error {
	conn, err := c.server.Handshake(ctx, frontend.BufferedConn{Conn: c.wire.conn, In: c.wire.in}, c.login, &tls.Config{NextProtos: []string{alpn}})
	if err != nil {
		return err
	}
	c.wire = newWire(conn)
	return nil
}

// identify notes whom the client wants to be.
func (c *client) identify(startup *pgproto3.StartupMessage) {
	parameters := maps.Clone(startup.Parameters)
	c.login.User = parameters["user"]
	c.database = parameters["database"]
	c.login.Database = c.database
	if c.login.Database == "" {
		c.login.Database = c.login.User
	}
	delete(parameters, "user")
	delete(parameters, "database")
	c.login.Parameters = parameters
}

// negotiateVersion tells a client that asks for more than protocol 3.0 that
// there is no more. Names that begin with "_pq_." are protocol options:
// https://www.postgresql.org/docs/current/protocol-message-formats.html
func (c *client) negotiateVersion(version uint32) error {
	var unknown []string
	for name := range c.login.Parameters {
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
		}
	}
	for _, name := range unknown {
		delete(c.login.Parameters, name)
	}
	if version == pgproto3.ProtocolVersion30 && unknown == nil {
		return nil
	}
	return c.wire.send(&pgproto3.NegotiateProtocolVersion{
		NewestMinorProtocol: pgproto3.ProtocolVersion30,
		UnrecognizedOptions: unknown,
	})
}
