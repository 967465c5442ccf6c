package azuretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// errSQLHangUp wraps the faults that close the connection without an answer.
var errSQLHangUp = errors.New("closed without an answer, as injected")

// sqlConn is one client's connection.
type sqlConn struct {
	server    *SQLServer
	raw       net.Conn   // without TLS
	conn      net.Conn   // inside TLS once there is any
	stream    *tdsStream // of conn
	login     *ServerLogin
	delay     time.Duration // before each answer
	plaintext bool          // log in without TLS (Plaintext)
	hello     bool          // the client has said something
	fedAuth   bool          // the client was told that a token is required
	nonces    sqlNonces
}

// sqlNonces are the random numbers of PRELOGIN; nil unless the client sent one.
type sqlNonces struct{ client, server []byte }

func newSQLConn(s *SQLServer, conn net.Conn) *sqlConn {
	return &sqlConn{server: s, raw: conn, conn: conn, stream: newTDSStream(conn), login: &ServerLogin{Time: time.Now()}}
}

// sqlAdmission is a login that was granted and has not been told so yet.
type sqlAdmission struct {
	request *tdsLogin
	account tdsAccount
	route   ServerFault // not zero: the client is to go elsewhere
	backend *tdsBackend // nil without SQLServerOptions.Backend
}

// serve takes the client from its first byte to the end of its session.
func (c *sqlConn) serve(ctx context.Context) {
	defer func() { hangUp(c.conn, c.raw) }() // c.conn changes
	admission, err := c.admit(ctx)
	switch {
	case err != nil:
		c.refuse(err)
	case admission.route.Kind == Route:
		c.end(nil)
		c.sendOn(admission)
	case admission.backend != nil:
		c.end(nil)
		c.splice(ctx, admission)
	default:
		c.end(nil)
		c.handle(ctx, admission)
	}
}

// admit does all that comes before a session. The client has not been told yet
// that it may have one; the connection to the ordinary server, if any, is open.
func (c *sqlConn) admit(ctx context.Context) (*sqlAdmission, error) {
	c.delay = c.server.faults.take(Slow).Delay
	if c.server.faults.meets(Silent) {
		n, _ := io.Copy(io.Discard, c.conn) // until the client or the server closes it
		c.hello = n > 0
		return nil, errors.New("azuretest: the server said nothing, as injected")
	}
	message, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	if message.kind != tdsLogin7 {
		return nil, fmt.Errorf("azuretest: message of type %d, want a login", message.kind)
	}
	request, err := parseTDSLogin(message.body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sqlBadLogin(), err)
	}
	c.identify(request)
	a := &sqlAdmission{request: request}
	if a.account, err = c.authenticate(ctx, request); err != nil {
		return nil, err
	}
	if a.route = c.server.faults.take(Route); a.route.Kind == Route {
		return a, nil
	}
	if c.server.options.Backend != nil {
		a.backend, err = c.dialBackend(ctx, request)
	}
	return a, err
}

// identify notes what the client says of itself.
func (c *sqlConn) identify(request *tdsLogin) {
	intent := "ReadWrite"
	if request.readOnly {
		intent = "ReadOnly"
	}
	c.login.User, c.login.Database = request.userName, request.database
	c.login.Parameters = map[string]string{
		"app name":           request.appName,
		"host name":          request.hostName,
		"server name":        request.serverName,
		"application intent": intent,
		"tds version":        tdsVersionName(request.version),
	}
	c.secret(request.secret())
}

// secret notes a password or token that arrived.
func (c *sqlConn) secret(s string) {
	if s != "" {
		c.server.record.password(c.login, s)
	}
}

// refuse lists the login as failed and tells the client why, if there is
// something to tell.
func (c *sqlConn) refuse(reason error) {
	c.end(reason)
	refusals := sqlErrors(reason)
	if len(refusals) == 0 {
		return
	}
	var answer []byte
	for _, e := range refusals {
		answer = appendTDSMessage(answer, tdsTokenError, e)
	}
	answer = appendTDSDone(answer, tdsTokenDone, tdsDoneError, 0, 0)
	if err := c.stream.send(tdsReply, answer); err != nil {
		return
	}
	c.linger()
}

// end lists the login; nil: it succeeded.
func (c *sqlConn) end(reason error) {
	c.login.Err = reason
	if c.hello {
		c.server.record.add(c.login)
	}
}

// linger reads on until the client leaves, for a moment, to note a password that
// nobody asked for.
func (c *sqlConn) linger() {
	if err := c.conn.SetReadDeadline(time.Now().Add(lingering)); err != nil {
		return
	}
	for {
		message, err := c.stream.receive()
		if err != nil {
			return
		}
		if c.login.PasswordLength > 0 {
			continue
		}
		switch message.kind {
		case tdsLogin7:
			if request, err := parseTDSLogin(message.body); err == nil {
				c.secret(request.secret())
			}
		case tdsToken:
			if token, _, err := parseTDSTokenMessage(message.body); err == nil {
				c.secret(token)
			}
		}
	}
}
