package sqlservertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// errHangUp wraps the faults that close the connection without an answer.
var errHangUp = errors.New("closed without an answer, as injected")

// client is one client's connection.
type client struct {
	server    *Server
	raw       net.Conn    // without TLS
	conn      net.Conn    // inside TLS once there is any
	stream    *tds.Stream // of conn
	login     *azuretest.ServerLogin
	delay     time.Duration // before each answer
	plaintext bool          // log in without TLS (Plaintext)
	hello     bool          // the client has said something
	fedAuth   bool          // the client was told that a token is required
	nonces    nonces
}

// nonces are the random numbers of PRELOGIN; nil unless the client sent one.
type nonces struct{ client, server []byte }

func newConn(s *Server, conn net.Conn) *client {
	return &client{server: s, raw: conn, conn: conn, stream: tds.NewStream(conn), login: &azuretest.ServerLogin{Time: time.Now()}}
}

// admission is a login that was granted and has not been told so yet.
type admission struct {
	request *tds.Login
	account tds.Account
	route   azuretest.ServerFault // not zero: the client is to go elsewhere
	backend *tdsBackend           // nil without Options.Backend
}

// serve takes the client from its first byte to the end of its session.
func (c *client) serve(ctx context.Context) {
	defer func() { frontend.HangUp(c.conn, c.raw) }() // c.conn changes
	admission, err := c.admit(ctx)
	switch {
	case err != nil:
		c.refuse(err)
	case admission.route.Kind == azuretest.Route:
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
func (c *client) admit(ctx context.Context) (*admission, error) {
	c.delay = c.server.Faults.Take(azuretest.Slow).Delay
	if c.server.Faults.Meets(azuretest.Silent) {
		n, _ := io.Copy(io.Discard, c.conn) // until the client or the server closes it
		c.hello = n > 0
		return nil, errors.New("azuretest: the server said nothing, as injected")
	}
	message, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	if message.Kind != tds.KindLogin {
		return nil, fmt.Errorf("azuretest: message of type %d, want a login", message.Kind)
	}
	request, err := tds.ParseLogin(message.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", badLogin(), err)
	}
	c.identify(request)
	a := &admission{request: request}
	if a.account, err = c.authenticate(ctx, request); err != nil {
		return nil, err
	}
	if a.route = c.server.Faults.Take(azuretest.Route); a.route.Kind == azuretest.Route {
		return a, nil
	}
	if c.server.options.Backend != nil {
		a.backend, err = c.dialBackend(ctx, request)
	}
	return a, err
}

// identify notes what the client says of itself.
func (c *client) identify(request *tds.Login) {
	intent := "ReadWrite"
	if request.ReadOnly {
		intent = "ReadOnly"
	}
	c.login.User, c.login.Database = request.UserName, request.Database
	c.login.Parameters = map[string]string{
		"app name":           request.AppName,
		"host name":          request.HostName,
		"server name":        request.ServerName,
		"application intent": intent,
		"tds version":        tds.VersionName(request.Version),
	}
	c.secret(request.Secret())
}

// secret notes a password or token that arrived.
func (c *client) secret(s string) {
	if s != "" {
		c.server.Record.Password(c.login, s)
	}
}

// refuse lists the login as failed and tells the client why, if there is
// something to tell.
func (c *client) refuse(reason error) {
	c.end(reason)
	refusals := errorsIn(reason)
	if len(refusals) == 0 {
		return
	}
	var answer []byte
	for _, e := range refusals {
		answer = tds.AppendMessage(answer, tds.TokenError, e)
	}
	answer = tds.AppendDone(answer, tds.TokenDone, tds.DoneError, 0, 0)
	if err := c.stream.Send(tds.KindReply, answer); err != nil {
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
	if err := c.conn.SetReadDeadline(time.Now().Add(frontend.Lingering)); err != nil {
		return
	}
	for {
		message, err := c.stream.Receive()
		if err != nil {
			return
		}
		if c.login.PasswordLength > 0 {
			continue
		}
		switch message.Kind {
		case tds.KindLogin:
			if request, err := tds.ParseLogin(message.Body); err == nil {
				c.secret(request.Secret())
			}
		case tds.KindToken:
			if token, _, err := tds.ParseTokenMessage(message.Body); err == nil {
				c.secret(token)
			}
		}
	}
}
