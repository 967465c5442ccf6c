package sqlserver

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"github.com/azuredb/passwordless/internal/sqlopen"
	"github.com/azuredb/passwordless/internal/tdstls"
)

var (
	errNotTLS      = errors.New("sqlserver: the connection is not TLS: refusing to log in")
	errNotVerified = errors.New("sqlserver: the server's certificate was not verified: refusing to log in")
	errNoTLS       = errors.New("sqlserver: the server does not support encryption")
	errInsists     = errors.New("sqlserver: the server requires TLS") // of a password login without it
)

// packetLogin is the type of the TDS packets of a login (MS-TDS section 2.2.3.1.1).
const packetLogin = 0x10

// What PRELOGIN says about encryption (MS-TDS section 2.2.6.5).
const (
	encryptOn       = 1
	encryptNone     = 2
	encryptRequired = 3
	encryptStrict   = 4
)

// loginConn is the network connection of a login. It makes TLS itself, and tells go-mssqldb that there is none.
// So nothing leaves before TLS but PRELOGIN, and what the server says, also inside TLS, is looked at before
// go-mssqldb reads it, which believes the lengths in it. Once the login is granted, everything passes.
type loginConn struct {
	net.Conn // to the server; with TLS as soon as that is made
	raw      net.Conn
	login    *serverLogin // which is empty once the login is done

	config    *tls.Config // nil for a password login without TLS
	strict    bool        // TDS 8.0: TLS comes before everything else
	asked     bool        // PRELOGIN was sent
	answered  bool        // and answered, so that TLS is made
	versioned bool        // LOGIN7 was sent
	granted   atomic.Bool // go-mssqldb reads in one goroutine and closes in another
	received  sqlopen.Received
	ready     []byte // an answer that was looked at, as far as go-mssqldb has not read it
}

func newLoginConn(conn net.Conn, l *serverLogin) *loginConn {
	return &loginConn{Conn: conn, raw: conn, login: l, config: l.tls, strict: l.strict}
}

// Write sends PRELOGIN, in the clear or with TDS 8.0 in TLS, and after its answer whatever go-mssqldb writes.
func (c *loginConn) Write(b []byte) (int, error) {
	switch {
	case c.versioned:
		return c.Conn.Write(b)
	case c.answered:
		c.versioned = true
		if own := bytes.Clone(b); c.strict && len(own) > tdstls.HeaderSize+8 && own[0] == packetLogin {
			binary.LittleEndian.PutUint32(own[tdstls.HeaderSize+4:], 0x08000000) // the version: TDS 8.0
			return c.Conn.Write(own)
		}
		return c.Conn.Write(b)
	case c.asked || len(b) < tdstls.HeaderSize || b[0] != tdstls.KindPrelogin:
		return 0, errNotTLS
	}
	c.asked = true
	own := bytes.Clone(b)
	value, _ := encryption(own[tdstls.HeaderSize:])
	if value == nil {
		return 0, errNotTLS
	}
	if c.strict {
		*value = encryptStrict
		if err := c.handshake(c.raw); err != nil {
			return 0, err
		}
	} else if c.config != nil {
		*value = encryptOn
	}
	return c.Conn.Write(own)
}

// Read returns the server's answers, each as a whole once it was looked at.
func (c *loginConn) Read(b []byte) (int, error) {
	if c.ready == nil {
		if c.granted.Load() {
			return c.Conn.Read(b)
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.ready)
	if c.ready = c.ready[n:]; len(c.ready) == 0 {
		c.ready = nil
	}
	return n, nil
}

// next reads the next answer, and looks at it.
func (c *loginConn) next() error {
	packets, body, err := c.receive()
	switch {
	case err != nil:
	case c.answered:
		var granted bool
		granted, err = checkAnswer(body)
		c.granted.Store(granted)
	default:
		err = c.negotiate(packets)
	}
	if errors.Is(err, sqlopen.ErrAnswer) || errors.Is(err, sqlopen.ErrTooMuch) {
		err = fmt.Errorf("sqlserver: %w", err)
		c.login.malformed.Store(&err) // go-mssqldb would make it one of the network
	}
	if err == nil {
		c.ready = packets
	}
	return err
}

// receive reads one message: its packets, and what they hold.
func (c *loginConn) receive() (packets, body []byte, err error) {
	for {
		var header [tdstls.HeaderSize]byte
		if _, err := io.ReadFull(c.Conn, header[:]); err != nil {
			return nil, nil, err
		}
		size := int(binary.BigEndian.Uint16(header[2:]))
		if header[0] != tdstls.KindReply || size <= tdstls.HeaderSize {
			return nil, nil, sqlopen.ErrAnswer // also of a packet that is empty, where go-mssqldb reads on in the last one
		}
		if err := c.received.Add(size, sqlopen.MaxLogin); err != nil || len(packets)+size > sqlopen.MaxMessage {
			return nil, nil, sqlopen.ErrTooMuch
		}
		packets = append(packets, header[:]...)
		packets = append(packets, make([]byte, size-tdstls.HeaderSize)...)
		part := packets[len(packets)-(size-tdstls.HeaderSize):]
		if _, err := io.ReadFull(c.Conn, part); err != nil {
			return nil, nil, err
		}
		body = append(body, part...)
		if header[1] != 0 { // go-mssqldb takes any status for the end
			return packets, body, nil
		}
	}
}

// negotiate reads the answer to PRELOGIN, and makes TLS. Then the answer says that there is none.
func (c *loginConn) negotiate(packet []byte) error {
	value, ok := encryption(packet[tdstls.HeaderSize:])
	if !ok || int(binary.BigEndian.Uint16(packet[2:])) != len(packet) {
		return sqlopen.ErrAnswer
	}
	switch {
	case c.config == nil:
		if value != nil && *value != encryptNone {
			return errInsists
		}
	case value == nil:
		return errNoTLS
	case c.strict:
	case *value == encryptOn || *value == encryptRequired:
		inside := tdstls.New(c.raw, sqlopen.ErrAnswer)
		if err := c.handshake(inside); err != nil {
			return err
		}
		if err := inside.Finish(); err != nil {
			return err
		}
	default:
		return errNoTLS
	}
	if value != nil {
		*value = encryptNone
	}
	c.answered = true
	return nil
}

// handshakeFailed begins the errors of a TLS handshake.
const handshakeFailed = "TLS Handshake failed: "

func (c *loginConn) handshake(over net.Conn) error {
	conn := tls.Client(over, c.config)
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf(handshakeFailed+"%w", err)
	}
	c.Conn = conn
	return nil
}

// Close closes the connection. After a failed login it does not wait to send TLS's close_notify.
func (c *loginConn) Close() error {
	if !c.granted.Load() {
		return c.raw.Close()
	}
	return c.Conn.Close()
}

// encryption finds the value of the option ENCRYPTION in a PRELOGIN message (MS-TDS section 2.2.6.5): nil if it
// has none, not ok if it is malformed.
func encryption(b []byte) (value *byte, ok bool) {
	const option, end, entry = 1, 0xff, 5
	for at := 0; at < len(b); at += entry {
		if b[at] == end {
			return value, true
		}
		if at+entry >= len(b) {
			return nil, false
		}
		offset, length := int(binary.BigEndian.Uint16(b[at+1:])), int(binary.BigEndian.Uint16(b[at+3:]))
		if offset+length > len(b) || b[at] == option && length != 1 {
			return nil, false
		}
		if b[at] == option {
			value = &b[offset]
		}
	}
	return nil, false
}
