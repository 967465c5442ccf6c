package azuretest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
)

// SQLServerBackend is an ordinary SQL Server behind a front end, and a SQL login
// of it.
type SQLServerBackend struct {
	Host     string
	Port     int // 0: 1433
	User     string
	Password string

	// TLS is what the backend's certificate is verified with; ServerName is Host
	// unless it is set. Nil: TLS if the backend has it, whatever its certificate,
	// as suits a container on this machine.
	TLS *tls.Config
}

// tdsBackend is a connection to the ordinary server that has been logged in.
type tdsBackend struct {
	conn   net.Conn // inside TLS if there is any
	stream *tdsStream
	answer *tdsLoginAnswer
}

// sqlDefaultPort is SQL Server's.
const sqlDefaultPort = 1433

// dialBackend logs in to the ordinary server for a client.
func (c *sqlConn) dialBackend(ctx context.Context, request *tdsLogin) (*tdsBackend, error) {
	o := c.server.options.Backend
	port := o.Port
	if port == 0 {
		port = sqlDefaultPort
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(port)))
	if err != nil {
		return nil, sqlBackendLost(err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	backend := &tdsBackend{conn: raw, stream: newTDSStream(raw)}
	if err := backend.encrypt(ctx, o); err != nil {
		raw.Close()
		return nil, sqlBackendLost(err)
	}
	if err := backend.login(o, request, c.packetSize(request)); err != nil {
		backend.conn.Close()
		return nil, err
	}
	return backend, nil
}

// sqlBackendLost has the number of Azure SQL Database's error for a database that
// is not available at the moment.
func sqlBackendLost(err error) error {
	return fmt.Errorf("%w: %w", sqlError(40613, 1, 17, "azuretest: the ordinary server behind this front end cannot be reached"), err)
}

// encrypt exchanges PRELOGIN with the server and performs the TLS handshake.
func (b *tdsBackend) encrypt(ctx context.Context, o *SQLServerBackend) error {
	hello := tdsOptions{
		tdsOptionVersion:    append(slices.Clone(tdsServerVersion), 0, 0),
		tdsOptionEncryption: {tdsEncryptOn},
		tdsOptionInstance:   {0},
		tdsOptionThread:     {0, 0, 0, 0},
		tdsOptionMARS:       {0},
	}
	if err := b.stream.send(tdsPrelogin, hello.encode()); err != nil {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	message, err := b.stream.receive()
	if err != nil {
		return fmt.Errorf("azuretest: backend: no answer to PRELOGIN: %w", err)
	}
	answer, err := parseTDSPrelogin(message.body)
	if err != nil {
		return fmt.Errorf("azuretest: backend: %w", err)
	}
	switch encryption := answer.encryption(); {
	case encryption == tdsEncryptOff:
		return errors.New("azuretest: backend: it wants to encrypt the login only")
	case encryption == tdsEncryptNone && o.TLS != nil:
		return errors.New("azuretest: backend: it has no TLS")
	case encryption == tdsEncryptNone:
		return nil
	}
	config := &tls.Config{InsecureSkipVerify: true} // see SQLServerBackend.TLS
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = o.Host
	}
	config.MaxVersion = tls.VersionTLS12
	tunnel := &tdsTunnel{Conn: b.conn, stream: b.stream}
	conn := tls.Client(tunnel, config)
	if err := tunnel.finish(conn.HandshakeContext(ctx)); err != nil {
		return fmt.Errorf("azuretest: backend: TLS handshake: %w", err)
	}
	b.conn, b.stream = conn, newTDSStream(conn)
	return nil
}

// login logs in with the server's own user in place of the client's token, in the
// client's version of TDS, 7.4 at most.
func (b *tdsBackend) login(o *SQLServerBackend, client *tdsLogin, packetSize int) error {
	request := *client
	if request.version = tdsVersion74; client.version != tdsVersion80 {
		request.version = min(client.version, tdsVersion74)
	}
	request.packetSize = packetSize
	request.userName, request.password = o.User, o.Password
	if err := b.stream.send(tdsLogin7, request.encode()); err != nil {
		return sqlBackendLost(fmt.Errorf("azuretest: backend: %w", err))
	}
	message, err := b.stream.receive()
	if err != nil {
		return sqlBackendLost(fmt.Errorf("azuretest: backend: no answer to the login: %w", err))
	}
	if b.answer, err = parseTDSLoginAnswer(message.body); err != nil {
		return sqlBackendLost(err)
	}
	if b.answer.refused != nil {
		return fmt.Errorf("azuretest: backend: %w", b.answer.refused)
	}
	return nil
}

// splice joins the client to a backend until one of them ends the session.
func (c *sqlConn) splice(ctx context.Context, a *sqlAdmission) {
	backend := a.backend
	defer backend.conn.Close()
	stop := context.AfterFunc(ctx, func() { backend.conn.Close() })
	defer stop()
	c.stream.size = backend.answer.packetSize
	if err := c.stream.send(tdsReply, backend.answer.forClient(a.request, c.nonces.client)); err != nil {
		return
	}
	join(c.conn, backend.conn, c.stream.in, backend.stream.in)
}
