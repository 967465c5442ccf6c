package frontend

import (
	"bufio"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// lingering is how long a client that was refused may go on sending, to see
// whether it sends a password.
const lingering = time.Second

// Protocol is an engine's side of one connection.
type Protocol interface {
	// Login does all that comes before a session. The client has not been told yet
	// that it may have the session that is returned; a connection to an ordinary
	// server, if there is one, is open.
	Login(ctx context.Context) (session func(context.Context), err error)

	// Refuse tells the client why its login failed, and whether it could be told.
	Refuse(reason error) (told bool)

	// Stray reads a message of a client that was refused, and returns the password
	// in it.
	Stray() (password string, err error)
}

// Conn is one client's connection, and what is known about its login.
type Conn struct {
	net.Conn  // inside TLS once there is any
	In        *bufio.Reader
	Entry     *azuretest.ServerLogin
	Heard     bool // the client has said something; otherwise its login is not kept
	Plaintext bool // log in without TLS, as a fault wants

	raw    net.Conn // without TLS
	server *Server
	first  firstFaults
}

// firstFaults are those that act before the client has said anything.
type firstFaults struct {
	delay  time.Duration
	silent bool
}

func (s *Server) atFirst() firstFaults {
	return firstFaults{s.faults.take(azuretest.Slow).Delay, s.faults.take(azuretest.Silent).Kind != ""}
}

func newConn(s *Server, conn net.Conn, first firstFaults) *Conn {
	return &Conn{
		Conn: conn, In: bufio.NewReader(conn), Entry: &azuretest.ServerLogin{Time: time.Now()},
		raw: conn, server: s, first: first,
	}
}

// serve takes a client from its first byte to the end of its session.
func (c *Conn) serve(ctx context.Context) {
	defer c.hangUp()
	p := c.server.config.Protocol(c)
	session, err := c.login(ctx, p)
	c.Entry.Err = err
	if c.Heard {
		c.server.logins.add(c.Entry)
	}
	switch {
	case err == nil:
		session(ctx)
	case p.Refuse(err):
		c.linger(p)
	}
}

func (c *Conn) login(ctx context.Context, p Protocol) (session func(context.Context), err error) {
	if c.first.silent {
		n, _ := io.Copy(io.Discard, c.Conn) // until the client or the server closes it
		c.Heard = n > 0
		return nil, errors.New("azuretest: the server said nothing, as injected")
	}
	return p.Login(ctx)
}

// linger reads on until the client leaves, for a moment, to note a password that
// no one asked for.
func (c *Conn) linger(p Protocol) {
	if err := c.SetReadDeadline(time.Now().Add(lingering)); err != nil {
		return
	}
	for {
		password, err := p.Stray()
		if err != nil {
			return
		}
		if password != "" && c.Entry.PasswordLength == 0 {
			c.Password(password)
		}
	}
}

// hangUp closes the connection and reads on meanwhile: client and server may say
// goodbye at the same time, and without buffers, as with net.Pipe, neither would
// get through if no one read.
func (c *Conn) hangUp() {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, c.raw) }) // until it is closed
	c.Close()
	reading.Wait()
}

// First waits for the client's first byte, which it does not take.
func (c *Conn) First() (byte, error) {
	first, err := c.In.Peek(1)
	if err != nil {
		return 0, fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.Heard = true
	return first[0], nil
}

// Wait is the delay of a Slow fault.
func (c *Conn) Wait(ctx context.Context) { pause(ctx, c.first.delay) }

// Take returns the first fault of one of the kinds and counts it; the zero fault
// if there is none.
func (c *Conn) Take(kinds ...azuretest.ServerFaultKind) azuretest.ServerFault {
	return c.server.faults.take(kinds...)
}

// Meets counts and reports a fault of the kind.
func (c *Conn) Meets(kind azuretest.ServerFaultKind) bool { return c.Take(kind).Kind == kind }

// Password notes a password or token that arrived.
func (c *Conn) Password(password string) { c.server.logins.password(c.Entry, password) }

// Ask sends a request for a password and returns the client's answer.
func Ask[Request, Answer any](send func(Request) error, request Request, receive func() (Answer, error)) (answer Answer, err error) {
	if err := send(request); err != nil {
		return answer, err
	}
	if answer, err = receive(); err != nil {
		err = fmt.Errorf("azuretest: the client did not answer the request for a password: %w", err)
	}
	return answer, err
}

// Arrived applies the faults that act on a password or token that has arrived. A
// HalfPacket is what half returns.
func (c *Conn) Arrived(half func() []byte) error {
	const hungUp = "azuretest: closed without an answer, as injected"
	switch f := c.Take(azuretest.CloseAfterToken, azuretest.HalfPacket, azuretest.Refuse); f.Kind {
	case azuretest.CloseAfterToken:
		return errors.New(hungUp)
	case azuretest.HalfPacket:
		_, err := c.Write(half())
		return errors.Join(errors.New(hungUp), err)
	case azuretest.Refuse:
		return f.Err
	}
	return nil
}

// Check decides whether a user may log in with a password or token. Wrong is what
// a client is told without another reason, expired what it is told about a token.
func (c *Conn) Check(user, secret string, wrong, expired error) error {
	config := &c.server.config
	if want, ok := config.Options.Passwords[user]; ok {
		if subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
			return wrong
		}
		return nil
	}
	if secret == "" || config.Verify == nil || config.Options.Users != nil && !slices.Contains(config.Options.Users, user) {
		return wrong
	}
	err := config.Verify(user, secret)
	switch {
	case err == nil && c.Meets(azuretest.ExpiredToken):
		return expired
	case err == nil || config.IsError(err):
		return err
	}
	return fmt.Errorf("%w: %w", wrong, err)
}

// Verify is the check of a token alone.
func (c *Conn) Verify(user, token string) error { return c.server.config.Verify(user, token) }

// Secure performs the server's side of TLS on conn, the connection or something on
// it, with the certificate that the faults in force want. Config may limit versions
// and name protocols.
func (c *Conn) Secure(ctx context.Context, conn net.Conn, config *tls.Config) (protocol string, err error) {
	certificate, err := c.server.certificate()
	if err != nil {
		return "", err
	}
	config.MinVersion = tls.VersionTLS12
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c.Entry.ServerName = hello.ServerName
		return &certificate, nil
	}
	config.SessionTicketsDisabled = true // a resumed session shows no certificate
	secured := tls.Server(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return "", fmt.Errorf("azuretest: TLS handshake: %w", err)
	}
	state := secured.ConnectionState()
	c.Entry.TLS = state.Version
	c.Conn, c.In = secured, bufio.NewReader(secured)
	return state.NegotiatedProtocol, nil
}

// Buffered is the connection with the bytes that In has read already.
func (c *Conn) Buffered() net.Conn { return bufferedConn{c.Conn, c.In} }

type bufferedConn struct {
	net.Conn
	in *bufio.Reader
}

func (b bufferedConn) Read(p []byte) (int, error) { return b.in.Read(p) }

// LacksTLS tells whether a fault wants the server to have no TLS.
func (c *Conn) LacksTLS() bool {
	kind := c.Take(azuretest.NoTLS, azuretest.Plaintext).Kind
	c.Plaintext = kind == azuretest.Plaintext
	return kind != ""
}

// ClientHost is the client's address as it appears in a server's messages.
func (c *Conn) ClientHost() string {
	address := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// Local tells whether the client came by a UNIX socket.
func (c *Conn) Local() bool {
	_, local := c.raw.(*net.UnixConn)
	return local
}

// pause waits for d; it reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
