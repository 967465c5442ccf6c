package frontend

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
)

// certificate returns the certificate for the next handshake.
func (s *Server) certificate() (tls.Certificate, error) {
	switch s.faults.take(azuretest.SelfSigned, azuretest.WrongName, azuretest.ExpiredCertificate).Kind {
	case azuretest.SelfSigned:
		return SelfSigned(s.config.CA, s.config.Options.Names)
	case azuretest.WrongName:
		return s.config.CA.Issue("wrong-name.invalid") // no host has it: RFC 6761, 6.4
	case azuretest.ExpiredCertificate:
		return s.config.CA.IssueExpired(s.config.Options.Names...)
	}
	return s.config.Certificate, nil
}

// SelfSigned is a certificate for the right names that is signed by its own key.
func SelfSigned(ca *azuretest.CA, names []string) (tls.Certificate, error) {
	issued, err := ca.Issue(names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, issued.Leaf, issued.Leaf, issued.Leaf.PublicKey, issued.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: self-signed certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: issued.PrivateKey}, nil
}
