package mysql

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// errMethod is the error of a server that asks for the token by another method than that for clear text.
var errMethod = errors.New("refusing to send the token by it")

// placeholder is what go-sql-driver takes for the password of a token login. What it makes of it tells a server
// nothing.
var placeholder = rand.Text()

// loginConn is the network connection of a login. It makes TLS itself, and lets go-sql-driver believe that there is
// none. So nothing leaves before TLS but the request for it; only a verified server that asks for the token in clear
// text gets it, in place of the placeholder; and what a server says, also inside TLS, is looked at before the driver
// reads it, which believes the lengths in it. Once the login is done, everything passes.
//
// The driver uses it from one goroutine at a time, but closes it from any. It turns on keep-alives for a
// *net.TCPConn only: [net.Dialer] has done it.
type loginConn struct {
	net.Conn // to the server; with TLS as soon as that is made
	raw      net.Conn

	config   *tls.Config // nil for a password login without TLS
	token    string      // empty for a password, and once the login is done
	method   string      // that the driver is asked for
	last     byte        // the first byte of the server's last packet
	greeted  bool        // the greeting was read
	tls      bool        // which offers TLS
	asked    bool        // for TLS
	secured  bool        // TLS is made
	done     bool        // the login, granted or refused
	bounded  bool        // also what the server sends after that, until the driver has set up the session
	received sqlopen.Received
	ready    []byte // a packet that was looked at, as far as the driver has not read it
	closed   func() // called with each Close; may be nil
}

// over makes conn the network connection, and adds the file descriptor, through which the driver checks an idle one.
func (c *loginConn) over(conn net.Conn) net.Conn {
	c.Conn, c.raw = conn, conn
	if descriptor, ok := conn.(syscall.Conn); ok {
		return loginConnWithDescriptor{c, descriptor}
	}
	return c
}

type loginConnWithDescriptor struct {
	*loginConn
	descriptor syscall.Conn
}

var _ syscall.Conn = loginConnWithDescriptor{}

func (c loginConnWithDescriptor) SyscallConn() (syscall.RawConn, error) {
	return c.descriptor.SyscallConn()
}

// Close closes the connection, and says so. It does not wait to send TLS's close_notify.
func (c *loginConn) Close() error {
	if c.closed != nil {
		c.closed()
	}
	return c.raw.Close()
}

// Read returns the server's packets, each as a whole once it was looked at.
func (c *loginConn) Read(b []byte) (int, error) {
	if len(c.ready) == 0 {
		if c.done {
			n, err := c.Conn.Read(b)
			if c.bounded && err == nil {
				err = c.received.Add(n, maxLogin)
			}
			return n, err
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// next reads the next packet, and looks at it.
func (c *loginConn) next() error {
	if !c.greeted {
		packet, err := readGreeting(c.raw)
		if err != nil {
			return err
		}
		c.greeted = true
		c.ready, err = c.greeting(packet)
		return err
	}
	if c.config != nil && !c.secured {
		return errNotTLS
	}
	packet, err := readPacket(c.Conn, func(length int) error { return c.received.Add(length, maxLogin) })
	if err != nil {
		return err
	}
	if c.ready, err = c.answer(packet); err != nil {
		return err
	}
	if c.config != nil {
		c.ready[3]-- // the driver has not counted the request for TLS
	}
	if c.done {
		c.token = ""
	}
	return nil
}

// begun is how much the driver hears was written of a packet that is refused, that failed, or for which there is no TLS:
// it would hide the error of a write that has not begun.
const begun = 1

// Write sends a packet of the login, with TLS before the first, or whatever comes after the login.
func (c *loginConn) Write(b []byte) (int, error) {
	switch {
	case c.done:
		return c.Conn.Write(b)
	case !c.greeted || len(b) < headerSize || lengthOf(b) != len(b)-headerSize:
		return begun, errNotTLS
	case c.config == nil:
		return c.Conn.Write(b)
	}
	own := bytes.Clone(b)
	if !c.secured {
		if err := c.secure(own); err != nil {
			return begun, err
		}
	}
	own[3]++ // the request for TLS was a packet, too
	own, err := c.withToken(own)
	if err != nil {
		return begun, err
	}
	if _, err := c.Conn.Write(own); err != nil {
		return begun, err
	}
	return len(b), nil
}

// secure asks for TLS with the beginning of the response to the greeting (MySQL internals, "Protocol::SSLRequest"),
// which says from now on that there is TLS, and makes it.
func (c *loginConn) secure(response []byte) error {
	if len(response) < headerSize+requestSize || response[3] != 1 || c.asked {
		return errNotTLS
	}
	if !c.tls {
		return mysql.ErrNoTLS
	}
	c.asked = true
	response[headerSize+1] |= flagTLS
	if _, err := c.raw.Write(slices.Concat([]byte{requestSize, 0, 0, 1}, response[headerSize:headerSize+requestSize])); err != nil {
		return err
	}
	secured := tls.Client(c.raw, c.config)
	if err := secured.Handshake(); err != nil {
		return err
	}
	c.Conn, c.secured = secured, true
	return nil
}

// withToken puts the token in place of the placeholder in a packet of the driver's, if the server asks for it in clear
// text. What the driver answers to another request stays here.
func (c *loginConn) withToken(packet []byte) ([]byte, error) {
	greeted, clear := c.last == greetingPacket, c.method == clearPassword
	switch {
	case c.token == "" || greeted && !clear:
		return packet, nil
	case !clear || !greeted && c.last != switchPacket:
		return nil, fmt.Errorf("mysql: the server asks for %s: %w", c.method, errMethod)
	}
	body := packet[headerSize:]
	var before []byte
	after := body
	if greeted { // the response has it after the user, with its length in one byte
		_, after, _ = bytes.Cut(body[min(requestSize, len(body)):], []byte{0})
		before = slices.Concat(body[:len(body)-len(after)], lengthEncoded(len(c.token)+1))
		after = bytes.TrimPrefix(after, []byte{byte(len(placeholder) + 1)})
	}
	after, ok := bytes.CutPrefix(after, []byte(placeholder+"\x00"))
	if !ok {
		return packet, nil
	}
	return framed(packet[3], before, []byte(c.token+"\x00"), after)
}
