package azuretest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// A CA is a certificate authority for tests. Its certificates are worth nothing
// outside programs that were told to trust it. Safe for concurrent use.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

// NewCA makes a certificate authority with a fresh key, valid for ten years
// from an hour ago.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("azuretest: CA key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serialNumber(),
		Subject:               pkix.Name{Organization: []string{"azuretest"}, CommonName: "azuretest CA, for tests only"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("azuretest: CA certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("azuretest: CA certificate: %w", err)
	}
	ca := &CA{certificate: certificate, key: key, pool: x509.NewCertPool()}
	ca.pool.AddCert(certificate)
	return ca, nil
}

// Issue makes a certificate, with a new key, for the given DNS names and
// IP addresses; the first is also the common name. It serves TLS servers and
// clients, is valid for a year from an hour ago, and carries the CA's
// certificate as the rest of its chain.
func (ca *CA) Issue(names ...string) (tls.Certificate, error) {
	now := time.Now()
	return ca.issue(now.Add(-time.Hour), now.AddDate(1, 0, 0), names)
}

// IssueExpired makes a certificate like Issue's that expired an hour ago.
func (ca *CA) IssueExpired(names ...string) (tls.Certificate, error) {
	now := time.Now()
	return ca.issue(now.AddDate(-1, 0, 0), now.Add(-time.Hour), names)
}

func (ca *CA) issue(from, to time.Time, names []string) (tls.Certificate, error) {
	if len(names) == 0 {
		return tls.Certificate{}, errors.New("azuretest: Issue needs at least one name")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: key for %s: %w", names[0], err)
	}
	template := &x509.Certificate{
		SerialNumber: serialNumber(),
		Subject:      pkix.Name{Organization: []string{"azuretest"}, CommonName: names[0]},
		NotBefore:    from,
		NotAfter:     to,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: certificate for %s: %w", names[0], err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: certificate for %s: %w", names[0], err)
	}
	return tls.Certificate{Certificate: [][]byte{der, ca.certificate.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// Certificate returns the CA's own certificate.
func (ca *CA) Certificate() *x509.Certificate { return ca.certificate }

// Pool returns a new pool that holds only the CA's certificate, for
// tls.Config.RootCAs.
func (ca *CA) Pool() *x509.CertPool { return ca.pool.Clone() }

// WriteFile writes the CA's certificate, without its key, to a file in PEM form, for
// sslrootcert, SSL_CERT_FILE and the like.
func (ca *CA) WriteFile(path string) error {
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("azuretest: write the CA certificate: %w", err)
	}
	return nil
}

// serialNumber returns a random positive number of 120 bits: RFC 5280 allows 20 bytes.
func serialNumber() *big.Int {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return new(big.Int).SetBytes(b)
}
