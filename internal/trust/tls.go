package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/redact"
)

const envCAFile = "PASSWORDLESS_CA_FILE"

// TLS is how the servers of one connection are verified. It is not modified
// once made.
type TLS struct {
	base *tls.Config              // without a ServerName; nil if there is no TLS
	off  bool                     // there is no TLS, because the connection says so
	name func(host string) string // what the server at host is verified as

	// raised says what the connection declared and what is done instead; empty if
	// it declared no less.
	raised string

	Warnings []string
}

// NewTLS plans the TLS of a connection, reading the certificate files it names.
// Servers are always verified in full. The only other outcome is no TLS at all,
// for a password login that asks for it, to servers that are not Azure's.
func NewTLS(c dsn.Config, env environ.Vars, o *passwordless.Options, token bool) (TLS, error) {
	p := TLS{name: func(host string) string { return VerifiedName(c, o, host) }}
	err := p.apply(c, o, token)
	if err != nil || p.off {
		return p, err
	}
	if token && ownsBothEnds(c, o) {
		return p, &passwordless.SetupError{Variable: "sslrootcert", Anchor: "untrusted-host", Err: errors.New(
			"the connection string names both the certificate's name and who signs it, so any server could pass: use Options.ServerName, Options.RootCAs or PASSWORDLESS_CA_FILE for one of the two")}
	}
	p.base = &tls.Config{MinVersion: tls.VersionTLS12}
	if p.base.RootCAs, err = rootCAs(c, env, o); err != nil {
		return p, err
	}
	if c.ClientCertFile != "" || c.ClientKeyFile != "" {
		certificate, err := clientCertificate(c)
		if err != nil {
			return p, err
		}
		p.base.Certificates = []tls.Certificate{certificate}
	}
	return p, nil
}

// ownsBothEnds reports whether the connection string alone says by which name and
// by whose signature a server that it also names is known. Whoever wrote the
// string could then have a token sent anywhere.
func ownsBothEnds(c dsn.Config, o *passwordless.Options) bool {
	if c.RootCertFile == "" || c.ServerName == "" || o.ServerName != "" {
		return false
	}
	return slices.ContainsFunc(c.Hosts, func(h dsn.Host) bool { return cloud.NormalizeHost(h.Name) != cloud.NormalizeHost(c.ServerName) })
}

// Config returns a new configuration for the server at host; nil if there is to
// be no TLS. The plan must be complete.
func (p *TLS) Config(host string) *tls.Config {
	if p.off {
		return nil
	}
	c := p.base.Clone()
	c.ServerName = cloud.NormalizeHost(p.name(host))
	return c
}

// String says in words how the servers are verified, "" if that is not decided.
func (p *TLS) String() string {
	switch {
	case p.off:
		return "no TLS"
	case p.base == nil:
		return ""
	case p.raised != "":
		return p.raised
	default:
		return "the server is verified in full"
	}
}

// apply compares what the connection declares with full verification.
func (p *TLS) apply(c dsn.Config, o *passwordless.Options, token bool) error {
	switch c.TLS {
	case dsn.TLSVerifyFull:
	case dsn.TLSUnset:
		p.raised = "no TLS mode was set: the server is verified in full"
	case dsn.TLSPrefer, dsn.TLSRequire, dsn.TLSVerifyCA:
		p.raised = fmt.Sprintf("TLS mode %s was raised: the server is verified in full", tlsWords[c.TLS])
	case dsn.TLSSkipVerify:
		if token {
			return errUnverified(c.TLS)
		}
		p.raised = "the server is verified in full although the connection declares " + tlsWords[c.TLS]
		p.Warnings = append(p.Warnings, p.raised)
	case dsn.TLSDisable:
		if token {
			return errUnverified(c.TLS)
		}
		if err := mayGoWithoutTLS(c, o); err != nil {
			return err
		}
		p.off = true
		p.Warnings = append(p.Warnings, "the connection declares "+tlsWords[c.TLS]+": the password and all data go over the network in clear text")
	default:
		return &passwordless.SetupError{Err: fmt.Errorf("unknown TLS declaration %d", c.TLS)}
	}
	return nil
}

func errUnverified(declared dsn.TLS) error {
	return &passwordless.SetupError{Anchor: "tls-disabled", Err: fmt.Errorf(
		"the connection declares %s, but a token is sent only to a verified server: remove the setting", tlsWords[declared])}
}

// mayGoWithoutTLS refuses a password login in clear text to servers of Azure,
// which all offer TLS.
func mayGoWithoutTLS(c dsn.Config, o *passwordless.Options) error {
	for _, name := range append(VerifiedNames(c, o), hostNames(c)...) {
		if _, azure := cloud.SuffixOf(name); azure {
			return &passwordless.SetupError{Anchor: "tls-disabled", Err: fmt.Errorf(
				"TLS is disabled, but Azure host %s requires it: remove the setting", name)}
		}
	}
	return nil
}

var tlsWords = map[dsn.TLS]string{
	dsn.TLSDisable:    "disabled TLS",
	dsn.TLSSkipVerify: "an unverified server certificate",
	dsn.TLSPrefer:     "prefer",
	dsn.TLSRequire:    "require",
	dsn.TLSVerifyCA:   "verify-ca",
}

func hostNames(c dsn.Config) []string {
	names := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		names[i] = h.Name
	}
	return names
}

func clientCertificate(c dsn.Config) (tls.Certificate, error) {
	switch {
	case c.ClientKeyFile == "":
		return tls.Certificate{}, errCertificateFile("sslcert", errors.New("is set but sslkey is not"))
	case c.ClientCertFile == "":
		return tls.Certificate{}, errCertificateFile("sslkey", errors.New("is set but sslcert is not"))
	}
	chain, err := redact.ReadFile(c.ClientCertFile)
	if err != nil {
		return tls.Certificate{}, errCertificateFile("sslcert", err)
	}
	key, err := redact.ReadFile(c.ClientKeyFile)
	if err != nil {
		return tls.Certificate{}, errCertificateFile("sslkey", err)
	}
	certificate, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, errCertificateFile("sslcert", err)
	}
	return certificate, nil
}

// rootCAs returns the system's roots and those that were added; nil, which
// crypto/tls takes as the system's, if none were.
func rootCAs(c dsn.Config, env environ.Vars, o *passwordless.Options) (*x509.CertPool, error) {
	caFile, _ := env.Get(envCAFile)
	if caFile == "" && c.RootCertFile == "" && len(o.RootCAs) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, errCertificateFile("", fmt.Errorf("system roots: %w", err))
	}
	for _, file := range [...]struct{ variable, path string }{{"sslrootcert", c.RootCertFile}, {envCAFile, caFile}} {
		if file.path == "" {
			continue
		}
		if err := addPEM(pool, file.path); err != nil {
			return nil, errCertificateFile(file.variable, err)
		}
	}
	for _, certificate := range o.RootCAs {
		pool.AddCert(certificate)
	}
	return pool, nil
}

func addPEM(pool *x509.CertPool, path string) error {
	pem, err := redact.ReadFile(path)
	if err != nil {
		return err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return errors.New("the file has no certificate in PEM form")
	}
	return nil
}

func errCertificateFile(variable string, err error) error {
	return &passwordless.SetupError{Variable: variable, Anchor: "certificate-files", Err: err}
}
