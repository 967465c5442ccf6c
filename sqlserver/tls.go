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
		// SQL Server wants each TDS packet in one TLS record (go-mssqldb#166), which
		// go-mssqldb sees to only where TLS comes inside TDS.
		config.DynamicRecordSizingDisabled = true
	}
	return config, err
}

var (
	errNotTLS      = errors.New("sqlserver: the connection is not TLS: refusing to log in")
	errNotVerified = errors.New("sqlserver: the server's certificate was not verified: refusing to log in")
)

// tlsOnlyConn lets out nothing but what comes before TLS, and TLS. go-mssqldb writes
// whole packets and crypto/tls whole records: the first byte of each tells what it is.
type tlsOnlyConn struct {
	net.Conn

	strict  bool // TDS 8.0: nothing comes before TLS
	started bool // there have been TLS records, so nothing else comes any more
}

const (
	packetPrelogin         = 0x12 // of the TDS packets before TLS and with its handshake (MS-TDS section 2.2.3.1.1)
	recordChangeCipherSpec = 20   // the first and the last type of TLS record that a client sends (RFC 8446, section 5.1)
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

// verified is called by crypto/tls once it has verified the certificate's chain and
// name. It looks again, for the configuration has been through go-mssqldb's hands.
func (l *serverLogin) verified(state tls.ConnectionState) error {
	l.refused = l.check(state)
	l.secured = l.refused == nil
	return l.refused
}

func (l *serverLogin) check(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return errNotVerified
	}
	if state.VerifiedChains[0][0].VerifyHostname(l.name) != nil {
		return fmt.Errorf("sqlserver: the server's certificate is not for %s: refusing to log in", l.name)
	}
	return l.handle.CheckHost(l.name)
}
