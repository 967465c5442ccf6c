package frontend

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

// Splice copies between the client and an ordinary server until one of them ends
// the session. What comes from the server is read from in, which may hold bytes
// that were read before.
func (c *Conn) Splice(ctx context.Context, server net.Conn, in io.Reader) {
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	var forward sync.WaitGroup
	forward.Go(func() {
		// When the client ends, with or without a word, so does the server, once it
		// has finished what it is doing. An error ends it too.
		_, _ = io.Copy(server, c.In)
		closeWrite(server)
	})
	_, _ = io.Copy(c, in)
	c.Close() // ends the other direction
	server.Close()
	forward.Wait()
}

// closeWrite ends the sending direction of a connection, or all of it where
// one direction cannot be ended alone, as with net.Pipe.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the connection is about to end
		return
	}
	conn.Close()
}

// certificate returns the certificate for the next handshake.
func (s *Server) certificate() (tls.Certificate, error) {
	switch s.faults.take(azuretest.SelfSigned, azuretest.WrongName, azuretest.ExpiredCertificate).Kind {
	case azuretest.SelfSigned:
		return selfSigned(s.config.CA, s.config.Names)
	case azuretest.WrongName:
		return s.config.CA.Issue("wrong-name.invalid") // no host has it: RFC 6761, 6.4
	case azuretest.ExpiredCertificate:
		return s.config.CA.IssueExpired(s.config.Names...)
	}
	return s.config.Certificate, nil
}

// selfSigned is a certificate for the right names that is signed by its own key.
func selfSigned(ca *azuretest.CA, names []string) (tls.Certificate, error) {
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
