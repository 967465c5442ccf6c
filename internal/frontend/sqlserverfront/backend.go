package sqlserverfront

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/azuredb/passwordless/internal/tds"
)

// backend is a connection to the ordinary server that has been logged in.
type backend struct {
	conn   net.Conn // inside TLS if there is any
	stream *tds.Stream
	answer *tds.LoginAnswer
}

// dialBackend logs in to the ordinary server for a client.
func (c *client) dialBackend(ctx context.Context) (*backend, error) {
	at := c.server.backend
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(at.Hostname(), cmp.Or(at.Port(), "1433")))
	if err != nil {
		return nil, fmt.Errorf("%w: azuretest: backend: %w", noBackend, err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	b := &backend{conn: raw, stream: tds.NewStream(raw, raw)}
	if err = b.encrypt(ctx, at.Hostname(), c.server.options.BackendTLS); err == nil {
		err = b.login(at.User, c.request, c.packetSize())
	}
	switch {
	case err != nil:
		err = fmt.Errorf("%w: azuretest: backend: %w", noBackend, err)
	case b.answer.Refused != nil: // in the server's words
		err = fmt.Errorf("azuretest: backend: %w", b.answer.Refused)
	}
	if err != nil {
		b.conn.Close()
	}
	return b, err
}

// ask sends a message and returns the answer.
func (b *backend) ask(kind tds.Kind, body []byte) ([]byte, error) {
	if err := b.stream.Send(kind, body); err != nil {
		return nil, err
	}
	message, err := b.stream.Receive()
	if err != nil {
		return nil, fmt.Errorf("no answer to a message of type %d: %w", kind, err)
	}
	return message.Body, nil
}

// encrypt exchanges PRELOGIN with the server and performs the TLS handshake: with
// verify; if nil, with any certificate.
func (b *backend) encrypt(ctx context.Context, host string, verify *tls.Config) error {
	hello := tds.Options{}.Answer(tds.EncryptOn, nil)
	hello[tds.OptionThread] = make([]byte, 4)
	body, err := b.ask(tds.KindPrelogin, hello.Encode())
	if err != nil {
		return err
	}
	answer, err := tds.ParsePrelogin(body)
	if err != nil {
		return err
	}
	switch encryption := answer.Encryption(); {
	case encryption == tds.EncryptOff:
		return errors.New("it wants to encrypt the login only")
	case encryption == tds.EncryptNone && verify != nil:
		return errors.New("it has no TLS")
	case encryption == tds.EncryptNone:
		return nil
	}
	config := &tls.Config{InsecureSkipVerify: true} // see Options.BackendTLS
	if verify != nil {
		config = verify.Clone()
	}
	config.ServerName, config.MaxVersion = cmp.Or(config.ServerName, host), tls.VersionTLS12
	tunnel := &tds.Tunnel{Conn: b.conn, Stream: b.stream}
	conn := tls.Client(tunnel, config)
	if err := tunnel.Finish(conn.HandshakeContext(ctx)); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	b.conn, b.stream = conn, tds.NewStream(conn, conn)
	return nil
}

// login logs in with the server's user in place of the client's token, in the
// client's version of TDS, 7.4 at most.
func (b *backend) login(user *url.Userinfo, client *tds.Login, packetSize int) error {
	request := *client
	if request.Version = tds.Version74; client.Version != tds.Version80 {
		request.Version = min(client.Version, tds.Version74)
	}
	request.PacketSize, request.UserName = packetSize, user.Username()
	request.Password, _ = user.Password()
	body, err := b.ask(tds.KindLogin, request.Encode())
	if err == nil {
		b.answer, err = tds.ParseLoginAnswer(body)
	}
	return err
}

// splice joins the client to a backend until one of them ends the session.
func (c *client) splice(ctx context.Context, backend *backend) {
	defer backend.conn.Close()
	c.stream.Size = backend.answer.PacketSize
	if err := c.stream.Send(tds.KindReply, backend.answer.ForClient(c.request, c.nonces.client)); err == nil {
		c.Splice(ctx, backend.conn, backend.stream.In)
	}
}
