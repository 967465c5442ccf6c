package mysqltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// backend is the ordinary server behind a front end.
type backend struct {
	network, address         string
	user, password, database string
	dial                     func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	greet *greeting // its greeting; nil until it is known
}

// parseBackend reads "user:password@tcp(host:port)/database", in which
// everything but the address may be missing. Errors do not quote it.
func parseBackend(s string) (*backend, error) {
	var dialer net.Dialer
	b := &backend{dial: dialer.DialContext}
	slash := strings.LastIndexByte(s, '/')
	open := strings.LastIndexByte(s[:max(slash, 0)], '(')
	if open < 0 || !strings.HasSuffix(s[:slash], ")") {
		return nil, errors.New("the Backend must look like user:password@tcp(host:port)/database or user:password@unix(/path)/database")
	}
	b.address, b.database = s[open+1:slash-1], s[slash+1:]
	at := strings.LastIndexByte(s[:open], '@')
	b.network = s[at+1 : open]
	b.user, b.password, _ = strings.Cut(s[:max(at, 0)], ":")
	switch {
	case b.network != "tcp" && b.network != "unix":
		return nil, errors.New("the network of Backend must be tcp or unix")
	case strings.Contains(b.database, "?"):
		return nil, errors.New("the Backend takes no parameters")
	}
	return b, nil
}

// hello returns the backend's greeting. It is asked for once, on a connection of
// its own, so that a client has to log in before it gets one.
func (b *backend) hello(ctx context.Context) (greeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.greet == nil {
		conn, err := b.open(ctx)
		if err != nil {
			return greeting{}, err
		}
		conn.close()
		b.greet = conn.greeting
	}
	return *b.greet, nil
}

// forget has the next client ask for the greeting again.
func (b *backend) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.greet = nil
}

// backendConn is a connection to the ordinary server.
type backendConn struct {
	wire     *wire
	greeting *greeting
	ok       []byte // the message that ended the login
}

func (c *backendConn) close() { c.wire.conn.Close() }

// open dials the backend and reads its greeting.
func (b *backend) open(ctx context.Context) (*backendConn, error) {
	conn, err := b.dial(ctx, b.network, b.address)
	if err != nil {
		return nil, fmt.Errorf("%w: azuretest: backend: %w", noBackend, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := &backendConn{wire: newWire(conn, bufio.NewReader(conn))}
	message, err := c.wire.receive()
	if err == nil {
		c.greeting, err = parseGreeting(message)
	}
	if err != nil {
		conn.Close()
		return nil, backendError(err)
	}
	return c, nil
}

// connect opens a connection for a client and logs in with the backend's own
// user, the client's database and all else that the client said of itself.
func (b *backend) connect(ctx context.Context, client response) (*backendConn, error) {
	c, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	if err := b.logIn(c, client); err != nil {
		c.close()
		return nil, backendError(err)
	}
	return c, nil
}

func (b *backend) logIn(c *backendConn, response response) error {
	response.flags &^= unspliced
	if lost := response.flags &^ c.greeting.flags; lost != 0 {
		b.forget()
		return fmt.Errorf("azuretest: the server lacks capabilities %#x, which it had when the client connected", uint32(lost))
	}
	if response.database == "" {
		response.database = b.database
	}
	response.flags &^= connectWithDB
	if response.database != "" {
		response.flags |= connectWithDB
	}
	response.user, response.plugin = b.user, c.greeting.plugin
	response.auth = nil
	if hasProof(response.plugin) {
		response.auth = proof(response.plugin, b.password, c.greeting.scramble)
	}
	if err := c.wire.send(response.encode()); err != nil {
		return err
	}
	return b.prove(c, response.plugin)
}

// prove answers what the server asks until it decides.
func (b *backend) prove(c *backendConn, plugin string) error {
	scramble := c.greeting.scramble
	for {
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
			plugin = r.terminated()
			if !hasProof(plugin) {
				return fmt.Errorf("the user has the plugin %q, want %s or %s", plugin, NativePassword, CachingSHA2)
			}
			scramble = []byte(unterminated(r.rest))
			err = c.wire.send(proof(plugin, b.password, scramble))
		case kind == moreAuth && plugin == CachingSHA2:
			err = b.proveMore(c, r.rest, scramble)
		default:
			return errors.New("malformed message in the login")
		}
		if err != nil {
			return err
		}
	}
}

// proveMore continues an exchange of caching_sha2_password.
func (b *backend) proveMore(c *backendConn, said, scramble []byte) error {
	switch {
	case len(said) == 1 && said[0] == proofIsGood:
		return nil
	case len(said) == 1 && said[0] == askPassword && b.network == "unix":
		return c.wire.send(append([]byte(b.password), 0))
	case len(said) == 1 && said[0] == askPassword:
		return c.wire.send([]byte{askKey})
	case len(scramble) == 0:
		return errors.New("malformed challenge in the login")
	}
	encrypted, err := encryptPassword(b.password, scramble, said)
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
	if _, ok := errors.AsType[*Error](err); ok {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	return fmt.Errorf("%w: azuretest: backend: %w", noBackend, err)
}

// splice joins the client to a backend until one of them ends the session.
func (c *client) splice(ctx context.Context, backend *backendConn) {
	defer backend.close()
	if err := c.wire.send(backend.ok); err == nil {
		c.Splice(ctx, backend.wire.conn, backend.wire.in)
	}
}
