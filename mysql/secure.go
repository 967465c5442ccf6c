package mysql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

var errNotVerified = errors.New("mysql: the server would not be verified: nothing is sent that logs in")

// tlsFor returns the TLS configuration for a host, with what a registered
// configuration adds, which may be nil. It is nil where a password login goes
// without TLS, which only the connection's own hosts may. A host that a token
// must not be sent to is an error.
func tlsFor(h *connector.Handle, host string, extra *tls.Config) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	switch {
	case err != nil:
		return nil, err
	case config == nil && !slices.ContainsFunc(h.Config().Hosts, func(own dsn.Host) bool { return own.Name == host }):
		return nil, fmt.Errorf("mysql: host %s: only hosts that the connection itself names may be reached without TLS", host)
	case config == nil:
		return nil, nil
	}
	if err := contribute(config, extra); err != nil {
		return nil, err
	}
	if !verifies(config) {
		return nil, fmt.Errorf("mysql: host %s: its TLS configuration does not verify a name", host)
	}
	return config, nil
}

// registered returns the configuration that [mysql.RegisterTLSConfig] knows by
// this name, which only the driver's parser gives out; nil for no name.
func registered(name string) (*tls.Config, error) {
	if name == "" {
		return nil, nil
	}
	cfg, err := mysql.ParseDSN("/?tls=" + url.QueryEscape(name))
	if err != nil { // not wrapped: the driver quotes the name
		return nil, badParameter(tlsParameter, "no TLS configuration of this name is registered: call mysql.RegisterTLSConfig first")
	}
	return cfg.TLS, nil
}

// contribute adds the roots and client certificates of extra to config; nothing
// else of it counts. Two pools of roots cannot be joined, and to choose one
// would trust what the other's author did not mean.
func contribute(config, extra *tls.Config) error {
	if extra == nil {
		return nil
	}
	if extra.RootCAs != nil {
		if config.RootCAs != nil {
			return &connector.SetupError{Variable: tlsParameter, Anchor: "certificate-files", Err: errors.New(
				"the driver's TLS configuration has roots, and so have the options or PASSWORDLESS_CA_FILE, which cannot be joined: give all of them in one place")}
		}
		config.RootCAs = extra.RootCAs.Clone()
	}
	config.Certificates = slices.Concat(config.Certificates, extra.Certificates)
	return nil
}

// admit puts one login into cfg, the copy of a configuration that the driver
// makes for one connection: the last moment before it is used. What cfg said
// about TLS is overwritten. Passwords in clear text, which a token is, are
// enabled here and only on TLS that verifies the server, and the driver may not
// do without that TLS. The driver does not modify config.
func admit(cfg *mysql.Config, config *tls.Config, l connector.Login) error {
	if config == nil && l.IsToken || config != nil && !verifies(config) {
		return errNotVerified
	}
	cfg.User, cfg.Passwd = l.User, l.Password.Reveal()
	cfg.TLS, cfg.TLSConfig = config, ""
	cfg.AllowFallbackToPlaintext = false
	cfg.AllowCleartextPasswords = config != nil
	if l.IsToken {
		cfg.AllowOldPasswords = false
		// A server offers a method before it knows the user, and the driver must
		// answer that one, over TLS, to be asked for the token itself.
		cfg.AllowNativePasswords = true
	}
	return nil
}

// verifies reports whether a server has to prove with a valid certificate that
// it is the one that was meant. None of this package's configurations has a
// callback; one that had could only weaken it.
func verifies(c *tls.Config) bool {
	return !c.InsecureSkipVerify && c.ServerName != "" && c.MinVersion >= tls.VersionTLS12 &&
		c.VerifyPeerCertificate == nil && c.VerifyConnection == nil && c.EncryptedClientHelloRejectionVerify == nil && c.Time == nil
}
