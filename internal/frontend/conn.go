package frontend

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"github.com/azuredb/passwordless/azuretest"
	"io"
	"net"
	"sync"
	"time"
)

// Lingering is how long a client that was refused may go on sending, to see
// whether it sends a password.
const Lingering = time.Second

// TlsHandshakeRecord is the first byte of a TLS connection (RFC 8446, 5.1).
// Neither PostgreSQL's nor SQL Server's first message begins with it.
const TlsHandshakeRecord = 0x16

// Handshake performs the server's side of TLS on conn, with the certificate that
// the faults in force want, and notes it in login. config may limit versions and
// name protocols.
func (f *Server) Handshake(ctx context.Context, conn net.Conn, login *azuretest.ServerLogin, config *tls.Config) (*tls.Conn, error) {
	certificate, err := f.nextCertificate()
	if err != nil {
		return nil, err
	}
	config.MinVersion = tls.VersionTLS12
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		login.ServerName = hello.ServerName
		return &certificate, nil
	}
	config.SessionTicketsDisabled = true // a resumed session shows no certificate
	secured := tls.Server(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("azuretest: TLS handshake: %w", err)
	}
	login.TLS, login.TLSVersion = true, secured.ConnectionState().Version
	return secured, nil
}

// nextCertificate returns the certificate for the next handshake.
func (f *Server) nextCertificate() (tls.Certificate, error) {
	switch f.Faults.Take(azuretest.SelfSigned, azuretest.WrongName, azuretest.ExpiredCertificate).Kind {
	case azuretest.SelfSigned:
		return f.selfSigned()
	case azuretest.WrongName:
		return f.Ca.Issue("wrong-name.invalid") // no host has it: RFC 6761, 6.4
	case azuretest.ExpiredCertificate:
		return f.Ca.IssueExpired(f.names...)
	}
	return f.certificate, nil
}

// selfSigned is a certificate for the right names that is signed by its own key.
func (f *Server) selfSigned() (tls.Certificate, error) {
	issued, err := f.Ca.Issue(f.names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, issued.Leaf, issued.Leaf, issued.Leaf.PublicKey, issued.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("azuretest: self-signed certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: issued.PrivateKey}, nil
}

// HangUp closes conn, which is raw or TLS on it, and reads on meanwhile: client
// and server may say goodbye at the same time, and without buffers, as with
// net.Pipe, neither would get through if nobody read.
func HangUp(conn, raw net.Conn) {
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, raw) }) // until it is closed
	conn.Close()
	reading.Wait()
}

// Pause waits for d; it reports false when ctx ended first.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// BufferedConn is a connection whose first bytes have been read already.
type BufferedConn struct {
	net.Conn
	In *bufio.Reader
}

func (b BufferedConn) Read(p []byte) (int, error) { return b.In.Read(p) }

// closeWrite ends the sending direction of a connection, or all of it where
// one direction cannot be ended alone, as with net.Pipe.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the connection is about to end
		return
	}
	conn.Close()
}

// ClientHost is the client's address as it appears in a server's messages.
func ClientHost(conn net.Conn) string {
	address := conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// Join copies between the client and an ordinary server until one of them ends
// the session. What comes from each is read from fromClient and fromServer, which
// may hold bytes that were read before.
func Join(client, server net.Conn, fromClient, fromServer io.Reader) {
	var forward sync.WaitGroup
	forward.Go(func() {
		// When the client ends, with or without a word, so does the server, once it
		// has finished what it is doing. An error ends it too.
		_, _ = io.Copy(server, fromClient)
		closeWrite(server)
	})
	_, _ = io.Copy(client, fromServer)
	client.Close() // ends the other direction
	server.Close()
	forward.Wait()
}
