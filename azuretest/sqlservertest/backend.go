package sqlservertest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/azuredb/passwordless/internal/tds"
)

// Backend is an ordinary SQL Server behind a front end, and a SQL login
// of it.
type Backend struct {
	Host     string
	Port     int // 0: 1433
	User     string
	Password string

	// TLS is what the backend's certificate is verified with; ServerName is Host
	// unless it is set. If nil, TLS if the backend has it, whatever its certificate,
	// as suits a container on this machine.
	TLS *tls.Config
}

// backend is a connection to the ordinary server that has been logged in.
type backend struct {
	conn   net.Conn // inside TLS if there is any
	stream *tds.Stream
	answer *tds.LoginAnswer
}

// dialBackend logs in to the ordinary server for a client.
func (c *client) dialBackend(ctx context.Context) (*backend, error) {
	o := c.server.options.Backend
	address := net.JoinHostPort(o.Host, strconv.Itoa(cmp.Or(o.Port, 1433)))
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, backendLost(err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	backend := &backend{conn: raw, stream: tds.NewStream(raw, raw)}
	if err := backend.encrypt(ctx, o); err != nil {
		raw.Close()
		return nil, backendLost(err)
	}
	if err := backend.login(o, c.request, c.packetSize()); err != nil {
		backend.conn.Close()
		return nil, err
	}
	return backend, nil
}

// backendLost has the number of Azure SQL Database's error for a database that
// is not available at the moment.
func backendLost(err error) error {
	return fmt.Errorf("%w: %w", tds.NewError(40613, 1, 17, "azuretest: the ordinary server behind this front end cannot be reached"), err)
}

// encrypt exchanges PRELOGIN with the server and performs the TLS handshake.
func (b *backend) encrypt(ctx context.Context, o *Backend) error {
	hello := tds.Options{
		tds.OptionVersion:    append(slices.Clone(tds.ServerVersion), 0, 0),
		tds.OptionEncryption: {tds.EncryptOn},
		tds.OptionInstance:   {0},
		tds.OptionThread:     {0, 0, 0, 0},
		tds.OptionMARS:       {0},
	}
	if err := b.stream.Send(tds.KindPrelogin, hello.Encode()); err != nil {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	message, err := b.stream.Receive()
	if err != nil {
		return fmt.Errorf("azuretest: backend: no answer to PRELOGIN: %w", err)
	}
	answer, err := tds.ParsePrelogin(message.Body)
	if err != nil {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	switch encryption := answer.Encryption(); {
	case encryption == tds.EncryptOff:
		return errors.New("azuretest: backend: it wants to encrypt the login only")
	case encryption == tds.EncryptNone && o.TLS != nil:
		return errors.New("azuretest: backend: it has no TLS")
	case encryption == tds.EncryptNone:
		return nil
	}
	config := &tls.Config{InsecureSkipVerify: true} // see Backend.TLS
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = o.Host
	}
	config.MaxVersion = tls.VersionTLS12
	tunnel := &tds.Tunnel{Conn: b.conn, Stream: b.stream}
	conn := tls.Client(tunnel, config)
	if err := tunnel.Finish(conn.HandshakeContext(ctx)); err != nil {
		return fmt.Errorf("azuretest: backend: TLS handshake: %w", err)
	}
	b.conn, b.stream = conn, tds.NewStream(conn, conn)
	return nil
}

// login logs in with the server's own user in place of the client's token, in the
// client's version of TDS, 7.4 at most.
func (b *backend) login(o *Backend, client *tds.Login, packetSize int) error {
	request := *client
	if request.Version = tds.Version74; client.Version != tds.Version80 {
		request.Version = min(client.Version, tds.Version74)
	}
	request.PacketSize = packetSize
	request.UserName, request.Password = o.User, o.Password
	if err := b.stream.Send(tds.KindLogin, request.Encode()); err != nil {
		return backendLost(fmt.Errorf("azuretest: backend: %w", err))
	}
	message, err := b.stream.Receive()
	if err != nil {
		return backendLost(fmt.Errorf("azuretest: backend: no answer to the login: %w", err))
	}
	if b.answer, err = tds.ParseLoginAnswer(message.Body); err != nil {
		return backendLost(err)
	}
	if b.answer.Refused != nil {
		return fmt.Errorf("azuretest: backend: %w", b.answer.Refused)
	}
	return nil
}

// splice joins the client to a backend until one of them ends the session.
func (c *client) splice(ctx context.Context, backend *backend) {
	defer backend.conn.Close()
	c.stream.Size = backend.answer.PacketSize
	if err := c.stream.Send(tds.KindReply, backend.answer.ForClient(c.request, c.nonces.client)); err == nil {
		c.Splice(ctx, backend.conn, backend.stream.In)
	}
}
