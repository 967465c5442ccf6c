package postgresfront

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// alpn is the protocol name that sslnegotiation=direct requires:
// https://www.postgresql.org/docs/current/protocol-flow.html
const alpn = "postgresql"

// tlsRecord is the first byte of a TLS connection (RFC 8446, 5.1), which no startup
// packet begins with: it would be 350 MB long.
const tlsRecord = 0x16

// client is one client's connection.
type client struct {
	*frontend.Conn
	server   *Server
	wire     *wire  // inside TLS once there is any
	database string // as the client named it, perhaps ""
	password string // that arrived, for PassOn
}

// Login implements [frontend.Protocol].
func (c *client) Login(ctx context.Context) (session func(context.Context), err error) {
	startup, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	c.identify(startup)
	if err := c.authenticate(ctx, startup.ProtocolVersion); err != nil {
		return nil, err
	}
	if c.server.backend == nil {
		return c.handle, nil
	}
	backend, err := c.dialBackend(ctx)
	if err != nil && c.server.options.PassOn {
		err = c.whyRefused(err)
	}
	return func(ctx context.Context) { c.splice(ctx, backend) }, err
}

// negotiate answers requests for encryption until the startup message comes.
func (c *client) negotiate(ctx context.Context) (*pgproto3.StartupMessage, error) {
	first, err := c.First()
	if err != nil {
		return nil, err
	}
	if first == tlsRecord {
		if err := c.direct(ctx); err != nil {
			return nil, err
		}
	}
	for {
		message, err := c.wire.receiveStartup()
		if err != nil {
			return nil, fmt.Errorf("azuretest: no startup message: %w", err)
		}
		switch message := message.(type) {
		case *pgproto3.SSLRequest:
			err = c.negotiated(ctx)
		case *pgproto3.GSSEncRequest:
			_, err = c.Write([]byte("N"))
		case *pgproto3.CancelRequest:
			c.server.cancels.forward(ctx, message)
			c.Heard = false // it is not a login
			return nil, errors.New("azuretest: request to cancel a query")
		case *pgproto3.StartupMessage:
			return message, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// negotiated answers a request for TLS.
func (c *client) negotiated(ctx context.Context) error {
	c.Wait(ctx)
	refused := c.LacksTLS()
	switch {
	case c.Entry.TLS != 0:
		return fatal("08P01", "unsupported frontend protocol: TLS was negotiated before")
	case refused:
		_, err := c.Write([]byte("N"))
		return err
	case c.In.Buffered() > 0: // or bytes of an attacker would pass for the client's: CVE-2021-23214
		return fatal("08P01", "received unencrypted data after SSL request")
	}
	if _, err := c.Write([]byte("S")); err != nil {
		return err
	}
	_, err := c.encrypt(ctx)
	return err
}

// direct serves a client that begins with TLS (sslnegotiation=direct).
func (c *client) direct(ctx context.Context) error {
	c.Wait(ctx)
	if c.LacksTLS() {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	protocol, err := c.encrypt(ctx)
	if err == nil && protocol != alpn {
		err = fatal("08P01", "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return err
}

// encrypt performs the handshake and carries on inside TLS.
func (c *client) encrypt(ctx context.Context) (protocol string, err error) {
	protocol, err = c.Secure(ctx, c.Buffered(), &tls.Config{NextProtos: []string{alpn}})
	c.wire = newWire(c.Conn)
	return protocol, err
}

// identify notes whom the client wants to be.
func (c *client) identify(startup *pgproto3.StartupMessage) {
	parameters := maps.Clone(startup.Parameters)
	c.database = parameters["database"]
	c.Entry.User, c.Entry.Database = parameters["user"], c.database
	if c.database == "" {
		c.Entry.Database = c.Entry.User
	}
	delete(parameters, "user")
	delete(parameters, "database")
	c.Entry.Parameters = parameters
}

// negotiateVersion tells a client that asks for more than protocol 3.0 that
// there is no more. Names that begin with "_pq_." are protocol options:
// https://www.postgresql.org/docs/current/protocol-message-formats.html
func (c *client) negotiateVersion(version uint32) error {
	var unknown []string
	for name := range c.Entry.Parameters {
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
		}
	}
	for _, name := range unknown {
		delete(c.Entry.Parameters, name)
	}
	if version == pgproto3.ProtocolVersion30 && unknown == nil {
		return nil
	}
	return c.wire.send(&pgproto3.NegotiateProtocolVersion{
		NewestMinorProtocol: pgproto3.ProtocolVersion30,
		UnrecognizedOptions: unknown,
	})
}

// authenticate decides on the login.
func (c *client) authenticate(ctx context.Context, version uint32) error {
	user := c.Entry.User
	if c.Entry.TLS == 0 && !c.Plaintext && !c.Meets(azuretest.Plaintext) {
		return noEncryption(c.ClientHost(), user, c.Entry.Database)
	}
	if err := c.negotiateVersion(version); err != nil {
		return err
	}
	if user == "" {
		return fatal("28000", "no PostgreSQL user name specified in startup packet")
	}
	c.Wait(ctx)
	switch c.Take(azuretest.AskMD5, azuretest.AskSCRAM).Kind {
	case azuretest.AskMD5:
		return c.askMD5()
	case azuretest.AskSCRAM:
		return c.askSCRAM()
	}
	password, err := c.askPassword(&pgproto3.AuthenticationCleartextPassword{}, pgproto3.AuthTypeCleartextPassword)
	if err != nil {
		return err
	}
	c.Wait(ctx)
	if err := c.Arrived(func() []byte { return []byte{'R', 0, 0, 0, 8, 0, 0} }); err != nil { // of AuthenticationOk
		return err
	}
	if password == "" {
		return fatal("28P01", "empty password returned by client")
	}
	if c.server.options.PassOn {
		c.password = password
		return nil
	}
	return c.Check(user, password, wrongPassword(user), TokenExpired())
}

// askPassword sends a request for a password and returns the answer.
func (c *client) askPassword(request pgproto3.BackendMessage, kind uint32) (string, error) {
	message, err := c.ask(request, kind)
	if err != nil {
		return "", err
	}
	answer, ok := message.(*pgproto3.PasswordMessage)
	if !ok {
		return "", fatal("08P01", "expected password response, got another message")
	}
	c.Password(answer.Password)
	return answer.Password, nil
}

// ask sends an authentication request and returns the client's answer.
func (c *client) ask(request pgproto3.BackendMessage, kind uint32) (pgproto3.FrontendMessage, error) {
	if err := c.wire.backend.SetAuthType(kind); err != nil {
		return nil, err
	}
	send := func(m pgproto3.BackendMessage) error { return c.wire.send(m) }
	return frontend.Ask(send, request, c.wire.receive)
}

// askMD5 plays the server of a role that has an MD5 password.
func (c *client) askMD5() error {
	request := &pgproto3.AuthenticationMD5Password{}
	_, _ = rand.Read(request.Salt[:]) // never fails (crypto/rand)
	if _, err := c.askPassword(request, pgproto3.AuthTypeMD5Password); err != nil {
		return err
	}
	return wrongPassword(c.Entry.User)
}

// askSCRAM plays the server of a role that has a SCRAM-SHA-256 password, up to
// the proof (RFC 5802, 5), which cannot be right.
func (c *client) askSCRAM() error {
	first, err := c.ask(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}}, pgproto3.AuthTypeSASL)
	if err != nil {
		return err
	}
	response, ok := first.(*pgproto3.SASLInitialResponse)
	if !ok {
		return fatal("08P01", "expected SASL response, got another message")
	}
	_, nonce, found := strings.Cut(string(response.Data), ",r=")
	if !found {
		return fatal("08P01", "malformed SCRAM message")
	}
	salt := base64.StdEncoding.EncodeToString([]byte(rand.Text()[:16]))
	challenge := fmt.Sprintf("r=%s%s,s=%s,i=4096", nonce, rand.Text(), salt)
	if _, err := c.ask(&pgproto3.AuthenticationSASLContinue{Data: []byte(challenge)}, pgproto3.AuthTypeSASLContinue); err != nil {
		return err
	}
	return wrongPassword(c.Entry.User)
}

// Refuse implements [frontend.Protocol].
func (c *client) Refuse(reason error) bool {
	answer := errorResponse(reason, "FATAL")
	return answer != nil && c.wire.send(answer) == nil
}

// Stray implements [frontend.Protocol].
func (c *client) Stray() (string, error) {
	message, err := c.wire.receive()
	if p, ok := message.(*pgproto3.PasswordMessage); ok {
		return p.Password, nil
	}
	return "", err
}
