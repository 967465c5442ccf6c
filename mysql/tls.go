package mysql

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

var (
	errNotVerified = errors.New("mysql: the server would not be verified: refusing to log in")
	errNotTLS      = errors.New("mysql: the connection is not TLS: refusing to log in")
	errGreeting    = errors.New("mysql: what answers there does not greet as MySQL servers do")
)

// tlsFor is the handle's TLS configuration for a host, with what a registered
// configuration adds, which may be nil.
func tlsFor(h *connector.Handle, host string, extra *tls.Config) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	if err != nil || config == nil {
		return nil, err
	}
	return config, contribute(config, extra)
}

// registered returns what [mysql.RegisterTLSConfig] has under this name, which only
// the driver's parser gives out; nil for no name.
func registered(name string) (*tls.Config, error) {
	if name == "" {
		return nil, nil
	}
	cfg, err := mysql.ParseDSN("/?tls=" + url.QueryEscape(name))
	if err != nil { // not wrapped: the driver quotes the name
		return nil, connector.BadParameter(tlsParameter, "no TLS configuration of this name is registered: call mysql.RegisterTLSConfig first")
	}
	return cfg.TLS, nil
}

// ownSessions returns a copy of a configuration, which may be nil, with no sessions of the original's.
func ownSessions(c *tls.Config) *tls.Config {
	if c = c.Clone(); c != nil {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return c
}

// contribute adds the roots and client certificates of extra to config, and nothing
// else. Two pools of roots cannot be joined, and to choose one would trust what the
// other's author did not mean.
func contribute(config, extra *tls.Config) error {
	if extra == nil {
		return nil
	}
	if extra.RootCAs != nil {
		if config.RootCAs != nil {
			return &passwordless.SetupError{Variable: tlsParameter, Anchor: "certificate-files", Err: errors.New(
				"the driver's TLS configuration has roots, and so have the options or PASSWORDLESS_CA_FILE, which cannot be joined: give all of them in one place")}
		}
		config.RootCAs = extra.RootCAs.Clone()
	}
	config.Certificates = slices.Concat(config.Certificates, extra.Certificates)
	if config.ClientSessionCache != nil {
		config.ClientSessionCache = extra.ClientSessionCache // the session belongs to its roots and certificates
	}
	return nil
}

// verifies reports whether a server has to prove with a valid certificate that it
// is the one that was meant. A callback, which none of ours has, could only weaken it.
func verifies(c *tls.Config) bool {
	return !c.InsecureSkipVerify && c.ServerName != "" && c.MinVersion >= tls.VersionTLS12 &&
		c.VerifyPeerCertificate == nil && c.VerifyConnection == nil && c.EncryptedClientHelloRejectionVerify == nil && c.Time == nil
}

// tlsOnlyConn is the network connection of a login. Before TLS it lets nothing in
// but a whole greeting, and nothing out but the request for TLS, whatever the driver
// makes of the server's answers. Until the login is done it lets in only so much,
// inside TLS, too. The driver uses it from one goroutine at a time,
// and turns on keep-alives for a *net.TCPConn only: [net.Dialer] has done it.
type tlsOnlyConn struct {
	net.Conn
	plain    bool             // a password login without TLS: anything goes out
	received sqlopen.Received // after the greeting, until the login is done
	done     bool
	turns    int    // the client's next turns, with the last of which the login is done; if zero, done is set otherwise
	heard    bool   // the server, since the client's last turn
	greeted  bool   // the greeting has been read
	greeting []byte // what the driver has not yet read of it
	asked    bool   // for TLS
	closed   func() // called with each Close; may be nil
}

// Read reads the greeting and nothing beyond it, which is read as TLS.
func (c *tlsOnlyConn) Read(b []byte) (int, error) {
	if !c.greeted {
		var err error
		if c.greeting, err = readGreeting(c.Conn); err != nil {
			return 0, err
		}
		c.greeted, c.heard = true, true
		if c.turns > 2 && bytes.Contains(c.greeting, []byte("mysql_clear_password")) {
			c.turns = 2 // the token is the answer to the greeting
		}
	}
	if len(c.greeting) == 0 {
		n, err := c.Conn.Read(b)
		if c.done || err != nil {
			return n, err
		}
		c.heard = true
		return n, c.received.Add(n, maxLogin)
	}
	n := copy(b, c.greeting)
	c.greeting = c.greeting[n:]
	return n, nil
}

// Write passes on b if it is the request for TLS, once, or TLS.
func (c *tlsOnlyConn) Write(b []byte) (int, error) {
	switch {
	case c.plain:
	case c.asked && isTLS(b):
	case !c.asked && isTLSRequest(b):
		c.asked = true
	default:
		return 0, errNotTLS
	}
	if c.turns > 0 && c.heard && (c.plain || b[0] == 0x17 && len(b) > keyUpdate) {
		c.heard = false
		c.turns--
		c.done = c.turns == 0
	}
	return c.Conn.Write(b)
}

// Close closes the connection, and says so.
func (c *tlsOnlyConn) Close() error {
	if c.closed != nil {
		c.closed()
	}
	return c.Conn.Close()
}

// wrapped adds the file descriptor, through which the driver checks an idle connection.
func (c *tlsOnlyConn) wrapped() net.Conn {
	if raw, ok := c.Conn.(syscall.Conn); ok {
		return tlsOnlyConnWithDescriptor{c, raw}
	}
	return c
}

type tlsOnlyConnWithDescriptor struct {
	*tlsOnlyConn
	raw syscall.Conn
}

var _ syscall.Conn = tlsOnlyConnWithDescriptor{}

func (c tlsOnlyConnWithDescriptor) SyscallConn() (syscall.RawConn, error) { return c.raw.SyscallConn() }

// isTLSRequest reports whether b is MySQL's SSLRequest and nothing else: a packet of
// 32 bytes, the second of the connection, with the capability CLIENT_SSL (MySQL
// internals, "Protocol::SSLRequest").
func isTLSRequest(b []byte) bool {
	const length, clientSSL = 32, 0x800
	return len(b) == 4+length &&
		b[0] == length && b[1] == 0 && b[2] == 0 && b[3] == 1 &&
		binary.LittleEndian.Uint32(b[4:])&clientSSL != 0
}

// isTLS reports whether b begins as a TLS record does: one of the types from
// change_cipher_spec to application_data, then version 3.1 to 3.3 (RFC 8446, 5.1).
// A packet of MySQL's that begins so is longer than any that logs in: 64 KiB.
func isTLS(b []byte) bool {
	return len(b) > 2 && 0x14 <= b[0] && b[0] <= 0x17 && b[1] == 3 && 1 <= b[2] && b[2] <= 3
}

const (
	// maxLogin bounds what a server sends after the greeting and until the login is
	// done, as TLS encrypts it. The driver makes room for a packet, of up to 16 MB, when
	// it has read its length.
	maxLogin = 1 << 20

	keyUpdate = 27 // the length of TLS 1.3's KeyUpdate, which is an answer to the server's
)

// maxGreeting is far more than the texts of any server's greeting.
const maxGreeting = 1 << 16

// readGreeting reads a server's greeting, and not a byte of what follows. It comes
// unencrypted, from any server, and go-sql-driver does not check its length: a
// packet that is too short would end the process.
func readGreeting(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[:]) & 0xffffff
	if length >= maxGreeting {
		return nil, errGreeting
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if !isGreeting(body) {
		return nil, errGreeting
	}
	return append(header[:], body...), nil
}

// isGreeting reports whether b is as long as a greeting or an error of a server
// is (MySQL internals, "Protocol::HandshakeV10" and "ERR_Packet").
func isGreeting(b []byte) bool {
	const (
		version10  = 10
		errorStart = 1 + 2                                      // 0xff and the number
		stateEnd   = errorStart + 1 + 5                         // "#" and the SQL state
		afterName  = 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6 + 4 + 13 // from the thread's ID to the end of the nonce
	)
	switch {
	case len(b) == 0:
		return false
	case b[0] == 0xff:
		return len(b) > errorStart && (b[errorStart] != '#' || len(b) >= stateEnd)
	case b[0] < version10:
		return true // which the driver refuses
	}
	name := bytes.IndexByte(b[1:], 0)
	return name >= 0 && len(b) >= 1+name+1+afterName
}
