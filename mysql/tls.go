package mysql

import (
	"crypto/tls"
	"errors"
	"net/url"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
)

var (
	errNotVerified = errors.New("mysql: the server would not be verified: refusing to log in")
	errNotTLS      = errors.New("mysql: the connection is not TLS: refusing to log in")
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
