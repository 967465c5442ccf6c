package sqlserver

import (
	"errors"
	"net"
)

// errNotTLS is what go-mssqldb gets if it tries to send anything that logs in
// over a connection that is not TLS.
var errNotTLS = errors.New("sqlserver: the connection is not TLS: nothing is sent that logs in")

// gate is a network connection that lets out nothing but what comes before TLS,
// and TLS. go-mssqldb writes whole packets and crypto/tls whole records, so the
// first byte of each write tells what it is.
type gate struct {
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

func (g *gate) Write(b []byte) (int, error) {
	switch {
	case len(b) == 0:
	case recordChangeCipherSpec <= b[0] && b[0] <= recordApplicationData:
		if !g.started {
			g.started = true
		}
	case b[0] != packetPrelogin || g.strict || g.started:
		return 0, errNotTLS
	}
	return g.Conn.Write(b)
}
