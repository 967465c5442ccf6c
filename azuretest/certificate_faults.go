package azuretest

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// wrongName is the only name in the certificates of the wrong-name faults. No
// host has it: RFC 6761, 6.4.
const wrongName = "wrong-name.invalid"

// issueSelfSigned makes a certificate for names that is signed by its own key.
func (ca *CA) issueSelfSigned(names ...string) (tls.Certificate, error) {
	issued, err := ca.Issue(names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	return resign(issued, issued.Leaf, issued.PrivateKey)
}

// issueExpired makes a certificate for names that ceased to be valid an hour ago.
func (ca *CA) issueExpired(names ...string) (tls.Certificate, error) {
	issued, err := ca.Issue(names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	issued.Leaf.NotBefore = time.Now().Add(-48 * time.Hour)
	issued.Leaf.NotAfter = time.Now().Add(-time.Hour)
	return resign(issued, ca.certificate, ca.key)
}

// resign replaces the signature of a certificate.
func resign(issued tls.Certificate, parent *x509.Certificate, key crypto.PrivateKey) (tls.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, issued.Leaf, parent, issued.Leaf.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: certificate for %s: %w", issued.Leaf.Subject.CommonName, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: issued.PrivateKey}, nil
}
