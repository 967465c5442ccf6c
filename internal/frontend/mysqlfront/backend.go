package mysqlfront

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/azuredb/passwordless/azuretest"
)

// backend is the ordinary server behind a front end.
type backend struct {
	network, address string
	account
	database string
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	greeting atomic.Pointer[greeting] // the server's; nil until it is known
}

// account is who logs in to the server.
type account struct{ user, password string }

var backendForm = regexp.MustCompile(`(?s)^(?:(.*)@)?(tcp|unix)\((.*)\)/([^/?]*)$`)

// parseBackend reads [Options.Backend], in which everything but the address may be
// missing. Errors do not quote it.
func parseBackend(s string) (*backend, error) {
	m := backendForm.FindStringSubmatch(s)
	if m == nil {
		return nil, errors.New("the Backend must look like user:password@tcp(host:port)/database or user:password@unix(/path)/database: the network must be tcp or unix, with no parameters")
	}
	b := &backend{network: m[2], address: m[3], database: m[4], dial: new(net.Dialer).DialContext}
	b.user, b.password, _ = strings.Cut(m[1], ":")
	return b, nil
}

// hello returns the server's greeting. It comes from a separate connection, so that a
// client has to log in before it gets one.
func (b *backend) hello(ctx context.Context) (greeting, error) {
	if known := b.greeting.Load(); known != nil {
		return *known, nil
	}
	c, err := b.open(ctx)
	if err != nil {
		return greeting{}, err
	}
	c.close()
	b.greeting.Store(c.greeting)
	return *c.greeting, nil
}

// backendConn is a connection to the ordinary server.
type backendConn struct {
	*backend
	as       account
	wire     *wire
	greeting *greeting
	plugin   string // that the user is to log in with
	scramble []byte // its challenge
	ok       []byte // the message that ended the login
}

func (c *backendConn) close() { c.wire.conn.Close() }

// open dials the server and reads its greeting.
func (b *backend) open(ctx context.Context) (*backendConn, error) {
	conn, err := b.dial(ctx, b.network, b.address)
	if err != nil {
		return nil, backendError(err)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c := &backendConn{backend: b, as: b.account, wire: newWire(conn, bufio.NewReader(conn))}
	message, err := c.wire.receive()
	if err == nil {
		c.greeting, err = parseGreeting(message)
	}
	if err != nil {
		conn.Close()
		return nil, backendError(err)
	}
	c.plugin, c.scramble = c.greeting.plugin, c.greeting.scramble
	return c, nil
}

// connect opens a connection for a client, if there is none yet, and logs in with the client's database and all else
// that the client said of itself.
func (b *backend) connect(ctx context.Context, client response, c *backendConn) (_ *backendConn, err error) {
	if c == nil {
		if c, err = b.open(ctx); err != nil {
			return nil, err
		}
	}
	defer context.AfterFunc(ctx, c.close)()
	if err := c.logIn(client); err != nil {
		c.close()
		return nil, backendError(err)
	}
	return c, nil
}

func (c *backendConn) logIn(response response) error {
	response.flags &^= unspliced
	if lost := response.flags &^ c.greeting.flags; lost != 0 {
		c.backend.greeting.Store(nil)
		return fmt.Errorf("azuretest: the server lacks capabilities %#x, which it had when the client connected", uint32(lost))
	}
	if response.database == "" {
		response.database = c.database
	}
	response.flags &^= connectWithDB
	if response.database != "" {
		response.flags |= connectWithDB
	}
	response.user, response.plugin, response.auth = c.as.user, c.plugin, nil
	if hasProof(c.plugin) {
		response.auth = proof(c.plugin, c.as.password, c.scramble)
	}
	if err := c.wire.send(response.encode()); err != nil {
		return err
	}
	for c.ok == nil {
		if err := c.prove(); err != nil {
			return err
		}
	}
	return nil
}

// prove answers what the server asks next; it may have decided.
func (c *backendConn) prove() error {
	message, err := c.wire.receive()
	if err != nil {
		return fmt.Errorf("no end of the login: %w", err)
	}
	if err := parseError(message); err != nil {
		return err
	}
	r := reader{rest: message}
	switch kind := r.uint8(); {
	case kind == okPacket && !r.bad:
		c.ok = message
		return nil
	case kind == switchAuth && len(message) > 1:
		c.plugin = r.terminated()
		if c.plugin == clearPassword && c.network == "unix" {
			return c.wire.send(append([]byte(c.as.password), 0))
		}
		if !hasProof(c.plugin) {
			return fmt.Errorf("the user has the plugin %q, want %s or %s", c.plugin, NativePassword, CachingSHA2)
		}
		c.scramble = []byte(unterminated(r.rest))
		return c.wire.send(proof(c.plugin, c.as.password, c.scramble))
	case kind == moreAuth && c.plugin == CachingSHA2:
		return c.proveMore(r.rest)
	}
	return errors.New("malformed message in the login")
}

// proveMore continues an exchange of caching_sha2_password.
func (c *backendConn) proveMore(asked []byte) error {
	switch {
	case len(asked) == 1 && asked[0] == proofIsGood:
		return nil
	case len(asked) == 1 && asked[0] == askPassword && c.network == "unix":
		return c.wire.send(append([]byte(c.as.password), 0))
	case len(asked) == 1 && asked[0] == askPassword:
		return c.wire.send([]byte{askKey})
	case len(c.scramble) == 0:
		return errors.New("malformed challenge in the login")
	}
	encrypted, err := encryptPassword(c.as.password, c.scramble, asked)
	if err != nil {
		return err
	}
	return c.wire.send(encrypted)
}

func hasProof(plugin string) bool {
	return plugin == NativePassword || plugin == CachingSHA2
}

// backendError lets what the backend said reach the client as it is.
func backendError(err error) error {
	if isError(err) {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	return fmt.Errorf("%w: azuretest: backend: %w", noBackend, err)
}

// whyRefused puts Azure's words for it before the error of a server that refused a token.
func (c *client) whyRefused(err error) error {
	refusal, _ := errors.AsType[*azuretest.ServerError](err)
	if refusal == nil || refusal.Number != accessDenied {
		return err
	}
	if reason := c.Verify(c.passed.as.user, c.passed.as.password); isError(reason) {
		return fmt.Errorf("%w: %w", reason, err)
	}
	return err
}

// splice joins the client to a backend until one of them ends the session.
func (c *client) splice(ctx context.Context, backend *backendConn) {
	defer backend.close()
	if err := c.wire.send(backend.ok); err == nil {
		if rewrite := c.server.options.Rewrite; rewrite != nil {
			c.In = bufio.NewReader(&rewriter{in: c.In, rewrite: rewrite})
		}
		c.Splice(ctx, backend.wire.conn, backend.wire.in)
	}
}
