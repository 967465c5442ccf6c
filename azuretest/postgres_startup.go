package azuretest

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
)

// pgALPN is the protocol name that sslnegotiation=direct requires:
// https://www.postgresql.org/docs/current/protocol-flow.html
const pgALPN = "postgresql"

// errPGCancel says that the connection brought a request to cancel a query.
var errPGCancel = errors.New("azuretest: request to cancel a query")

// pgConn is one client's connection.
type pgConn struct {
	server    *PostgresServer
	raw       net.Conn // without TLS
	wire      *pgWire  // inside TLS once there is any
	login     *ServerLogin
	delay     time.Duration // before each answer
	plaintext bool          // log in without TLS (Plaintext)
	hello     bool          // the client has said something
	database  string        // as the client named it, perhaps ""
}

func newPGConn(s *PostgresServer, conn net.Conn) *pgConn {
	return &pgConn{server: s, raw: conn, wire: newPGWire(conn), login: &ServerLogin{Time: time.Now()}}
}

// serve takes the client from its first byte to the end of its session.
func (c *pgConn) serve(ctx context.Context) {
	defer func() { hangUp(c.wire.conn, c.raw) }() // c.wire changes
	backend, err := c.admit(ctx)
	switch {
	case errors.Is(err, errPGCancel): // not a login
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
func (c *pgConn) admit(ctx context.Context) (*pgBackend, error) {
	c.delay = c.server.faults.take(Slow).Delay
	if c.server.faults.meets(Silent) {
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
func (c *pgConn) negotiate(ctx context.Context) (*pgproto3.StartupMessage, error) {
	first, err := c.wire.in.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.hello = true
	if first[0] == tlsHandshakeRecord {
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
			return nil, errPGCancel
		case *pgproto3.StartupMessage:
			return message, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// negotiated answers a request for TLS.
func (c *pgConn) negotiated(ctx context.Context) error {
	pause(ctx, c.delay)
	refused := c.server.faults.take(NoTLS, Plaintext)
	switch {
	case c.login.TLS:
		return pgFatal("08P01", "unsupported frontend protocol: TLS was negotiated before")
	case refused.Kind != "":
		c.plaintext = refused.Kind == Plaintext
		_, err := c.wire.conn.Write([]byte("N"))
		return err
	case c.wire.in.Buffered() > 0: // or bytes of an attacker would pass for the client's: CVE-2021-23214
		return pgFatal("08P01", "received unencrypted data after SSL request")
	}
	if _, err := c.wire.conn.Write([]byte("S")); err != nil {
		return err
	}
	return c.encrypt(ctx)
}

// direct serves a client that begins with TLS (sslnegotiation=direct).
func (c *pgConn) direct(ctx context.Context) error {
	pause(ctx, c.delay)
	if c.server.faults.take(NoTLS, Plaintext).Kind != "" {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	if err := c.encrypt(ctx); err != nil {
		return err
	}
	if c.wire.conn.(*tls.Conn).ConnectionState().NegotiatedProtocol != pgALPN {
		return pgFatal("08P01", "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return nil
}

// encrypt performs the handshake and carries on inside TLS.
func (c *pgConn) encrypt(ctx context.Context) error {
	conn, err := c.server.handshake(ctx, bufferedConn{c.wire.conn, c.wire.in}, c.login, &tls.Config{NextProtos: []string{pgALPN}})
	if err != nil {
		return err
	}
	c.wire = newPGWire(conn)
	return nil
}

// identify notes whom the client wants to be.
func (c *pgConn) identify(startup *pgproto3.StartupMessage) {
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
func (c *pgConn) negotiateVersion(version uint32) error {
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
