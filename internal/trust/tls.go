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

// TLS is how the servers of one connection are verified. It is not modified once made.
type TLS struct {
	base   *tls.Config // without a ServerName; nil if there is no TLS
	off    bool        // there is no TLS, because the connection says so
	raised string      // what the connection declared and what is done instead; empty if it declared no less

	Warnings []string
}

// NewTLS plans the TLS of a connection, reading the certificate files it names. Servers are always verified in full.
// The only other outcome is no TLS at all, for a password login that asks for it, to servers that are not Azure's.
func NewTLS(s Servers, env environ.Vars, token bool) (TLS, error) {
	var p TLS
	err := p.apply(s, token)
	if err != nil || p.off {
		return p, err
	}
	if token && s.ownsBothEnds() {
		return p, &passwordless.SetupError{Variable: "sslrootcert", Anchor: "untrusted-host", Err: errors.New(
			"the connection string names both the certificate's name and who signs it, so any server could pass: use Options.ServerName, Options.RootCAs or PASSWORDLESS_CA_FILE for one of the two")}
	}
	p.base = &tls.Config{MinVersion: tls.VersionTLS12}
	if p.base.RootCAs, err = s.rootCAs(env); err == nil {
		p.base.Certificates, err = clientCertificates(s.ClientCertFile, s.ClientKeyFile)
	}
	if err == nil && s.resumes() {
		p.base.ClientSessionCache = sessionsFor(p.base.RootCAs, p.base.Certificates)
	}
	return p, err
}

// ownsBothEnds reports whether the connection string alone chooses the server, the name in its certificate and
// the certificate's authority: then its author could have a token sent anywhere.
func (s Servers) ownsBothEnds() bool {
	return s.RootCertFile != "" && s.Config.ServerName != "" && s.Options.ServerName == "" &&
		slices.ContainsFunc(s.Hosts, func(h dsn.Host) bool { return !same(h.Name, s.Config.ServerName) })
}

// Config returns a new configuration for a server whose certificate has the name that [Servers.VerifiedName] gives; nil
// if there is to be no TLS. The plan must be complete.
func (p *TLS) Config(verifiedName string) *tls.Config {
	if p.off {
		return nil
	}
	c := p.base.Clone()
	c.ServerName = cloud.NormalizeHost(verifiedName)
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
func (p *TLS) apply(s Servers, token bool) error {
	declared := s.TLS
	if token && (declared == dsn.TLSDisable || declared == dsn.TLSSkipVerify && !s.inAzure()) {
		return &passwordless.SetupError{Anchor: "tls-disabled", Err: fmt.Errorf(
			"the connection declares %s%s, but a token is sent only to a verified server: remove the setting", tlsWords[declared], s.skipKey(declared))}
	}
	switch declared {
	case dsn.TLSVerifyFull:
	case dsn.TLSUnset:
		p.raised = "no TLS mode was set: the server is verified in full"
	case dsn.TLSPrefer, dsn.TLSRequire, dsn.TLSVerifyCA:
		p.raised = fmt.Sprintf("TLS mode %s was raised: the server is verified in full", tlsWords[declared])
	case dsn.TLSSkipVerify:
		p.raised = "the server is verified in full although the connection declares " + tlsWords[declared]
		p.Warnings = append(p.Warnings, p.raised)
	case dsn.TLSDisable:
		if err := s.mayGoWithoutTLS(); err != nil {
			return err
		}
		p.off = true
		p.Warnings = append(p.Warnings, "the connection declares "+tlsWords[declared]+": the password and all data go over the network in clear text")
	default:
		return &passwordless.SetupError{Err: fmt.Errorf("unknown TLS declaration %d", declared)}
	}
	return nil
}

// inAzure reports whether every server has a certificate that Azure's public roots sign, so that verifying it in
// full loses nothing.
func (s Servers) inAzure() bool {
	return !slices.ContainsFunc(s.VerifiedNames(), func(name string) bool {
		e, ok := cloud.SuffixOf(name)
		return !ok || e.Engine != s.Engine
	})
}

// skipKey names the keys that refuse verification in this kind of connection string.
func (s Servers) skipKey(declared dsn.TLS) string {
	switch {
	case declared != dsn.TLSSkipVerify:
		return ""
	case s.Engine == dsn.SQLServer:
		return " (TrustServerCertificate)"
	case s.Dialect == dsn.DialectDSN:
		return " (tls)"
	case s.Engine == dsn.MySQL:
		return " (sslmode, tls, sslaccept or Trust Server Certificate)"
	}
	return " (sslmode, sslfactory or Trust Server Certificate)"
}

// mayGoWithoutTLS refuses clear text to servers of Azure, which all offer TLS.
func (s Servers) mayGoWithoutTLS() error {
	names := s.VerifiedNames()
	for _, h := range s.Hosts {
		names = append(names, h.Name)
	}
	for _, name := range names {
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

func clientCertificates(certFile, keyFile string) ([]tls.Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case keyFile == "":
		return nil, errCertificateFile("sslcert", errors.New("is set but sslkey is not"))
	case certFile == "":
		return nil, errCertificateFile("sslkey", errors.New("is set but sslcert is not"))
	}
	chain, err := redact.ReadFile(certFile)
	if err != nil {
		return nil, errCertificateFile("sslcert", err)
	}
	key, err := redact.ReadFile(keyFile)
	if err != nil {
		return nil, errCertificateFile("sslkey", err)
	}
	certificate, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, errCertificateFile("sslcert", err)
	}
	return []tls.Certificate{certificate}, nil
}

// rootCAs returns the system's roots and those that were added; nil, which crypto/tls takes as the
// system's, if none were.
func (s Servers) rootCAs(env environ.Vars) (*x509.CertPool, error) {
	caFile, _ := env.Get(envCAFile)
	if caFile == "" && s.RootCertFile == "" && len(s.RootCAs) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, errCertificateFile("", fmt.Errorf("system roots: %w", err))
	}
	for _, file := range [...]struct{ variable, path string }{{"sslrootcert", s.RootCertFile}, {envCAFile, caFile}} {
		if file.path == "" {
			continue
		}
		pem, err := redact.ReadFile(file.path)
		if err == nil && !pool.AppendCertsFromPEM(pem) {
			err = errors.New("the file has no certificate in PEM form")
		}
		if err != nil {
			return nil, errCertificateFile(file.variable, err)
		}
	}
	for _, certificate := range s.RootCAs {
		pool.AddCert(certificate)
	}
	return pool, nil
}

func errCertificateFile(variable string, err error) error {
	return &passwordless.SetupError{Variable: variable, Anchor: "certificate-files", Err: err}
}
