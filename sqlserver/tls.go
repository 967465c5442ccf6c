package sqlserver

import (
	"crypto/tls"
	"fmt"

	"github.com/azuredb/passwordless/connector"
)

// tlsFor returns the handle's TLS configuration for the server at host; nil where
// a password login goes without TLS.
func tlsFor(h *connector.Handle, host string) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	if config != nil {
		// SQL Server wants each TDS packet in one TLS record (go-mssqldb#166).
		config.DynamicRecordSizingDisabled = true
	}
	return config, err
}

// verified is called by crypto/tls once it has verified the certificate's chain and
// name. It looks again: the configuration is one that redirect modifies.
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
