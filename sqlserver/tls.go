package sqlserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/azuredb/passwordless/connector"
)

// tlsFor returns the handle's TLS configuration for the server at host; nil where
// a password login goes without TLS.
func tlsFor(h *connector.Handle, host string) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	if config != nil {
		// SQL Server wants each TDS packet in one TLS record
		// (github.com/microsoft/go-mssqldb/issues/166). go-mssqldb sees to it only where
		// TLS comes inside TDS.
		config.DynamicRecordSizingDisabled = true
	}
	return config, err
}

// errNotTLS is what go-mssqldb gets if it tries to send anything that logs in
// over a connection that is not TLS.
var errNotTLS = errors.New("sqlserver: the connection is not TLS: refusing to log in")

// tlsOnlyConn is a network connection that lets out nothing but what comes before TLS,
// and TLS. go-mssqldb writes whole packets and crypto/tls whole records, so the
// first byte of each write tells what it is.
type tlsOnlyConn struct {
	net.Conn

	strict  bool // TDS 8.0: nothing comes before TLS
	started bool // there have been TLS records, so nothing else comes any more
}

// packetPrelogin is the type of the TDS packets that come before TLS and that
// carry its handshake (MS-TDS section 2.2.3.1.1).
const packetPrelogin = 0x12

// Types of TLS records (RFC 8446, section 5.1): the first and the last that a
// client sends.
const (
	recordChangeCipherSpec = 20
	recordApplicationData  = 23
)

func (c *tlsOnlyConn) Write(b []byte) (int, error) {
	switch {
	case len(b) == 0:
	case recordChangeCipherSpec <= b[0] && b[0] <= recordApplicationData:
		c.started = true
	case b[0] != packetPrelogin || c.strict || c.started:
		return 0, errNotTLS
	}
	return c.Conn.Write(b)
}

// verified is called by crypto/tls at the end of a handshake, once it has itself
// verified the certificate's chain and name. It looks at the result again, for
// the configuration has been through go-mssqldb's hands.
func (l *serverLogin) verified(state tls.ConnectionState) error {
	l.refused = l.check(state)
	l.secured = l.refused == nil
	return l.refused
}

var errNotVerified = errors.New("sqlserver: the server's certificate was not verified: refusing to log in")

func (l *serverLogin) check(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return errNotVerified
	}
	if state.VerifiedChains[0][0].VerifyHostname(l.name) != nil {
		return fmt.Errorf("sqlserver: the server's certificate is not for %s: refusing to log in", l.name)
	}
	return l.handle.CheckHost(l.name)
}
