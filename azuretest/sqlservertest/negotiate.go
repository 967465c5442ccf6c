package sqlservertest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// tdsALPN is the protocol name that TDS 8.0 requires:
// https://learn.microsoft.com/sql/relational-databases/security/networking/tds-8
const tdsALPN = "tds/8.0"

// negotiate answers PRELOGIN, performs the TLS handshake before it or after it,
// and returns the message that follows, which should be LOGIN7.
func (c *client) negotiate(ctx context.Context) (tds.Message, error) {
	first, err := c.stream.In.Peek(1)
	if err != nil {
		return tds.Message{}, fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.hello = true
	switch {
	case first[0] == frontend.TlsHandshakeRecord:
		if err := c.strict(ctx); err != nil {
			return tds.Message{}, err
		}
	case c.server.options.Strict:
		return tds.Message{}, errors.New("azuretest: the client did not begin with TLS, as Strict requires")
	}
	message, err := c.stream.Receive()
	if err != nil {
		return tds.Message{}, fmt.Errorf("azuretest: no PRELOGIN: %w", err)
	}
	if message.Kind != tds.KindPrelogin {
		return message, nil
	}
	if err := c.prelogin(ctx, message.Body); err != nil {
		return tds.Message{}, err
	}
	if message, err = c.stream.Receive(); err != nil {
		return tds.Message{}, fmt.Errorf("azuretest: no login: %w", err)
	}
	return message, nil
}

// strict serves a client that begins with TLS (TDS 8.0).
func (c *client) strict(ctx context.Context) error {
	frontend.Pause(ctx, c.delay)
	if c.server.Faults.Take(azuretest.NoTLS, azuretest.Plaintext).Kind != "" {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	config := &tls.Config{NextProtos: []string{tdsALPN}}
	conn, err := c.server.Handshake(ctx, frontend.BufferedConn{Conn: c.conn, In: c.stream.In}, c.login, config)
	if err != nil {
		return err
	}
	c.conn, c.stream = conn, tds.NewStream(conn)
	if conn.ConnectionState().NegotiatedProtocol != tdsALPN {
		return errors.New("azuretest: the client began with TLS and did not name the protocol " + tdsALPN)
	}
	return nil
}

// prelogin answers PRELOGIN and, if the client begins one then, performs the TLS
// handshake.
func (c *client) prelogin(ctx context.Context, body []byte) error {
	asked, err := tds.ParsePrelogin(body)
	if err != nil {
		return fmt.Errorf("%w: %w", badPrelogin(), err)
	}
	c.fedAuth = asked[tds.OptionFedAuth] != nil
	if nonce := asked[tds.OptionNonce]; len(nonce) == tds.NonceLength {
		c.nonces.client = slices.Clone(nonce)
		c.nonces.server = make([]byte, tds.NonceLength)
		_, _ = rand.Read(c.nonces.server) // never fails (crypto/rand)
	}
	encryption := tds.EncryptNone // inside TLS there is nothing left to negotiate
	if !c.login.TLS {
		frontend.Pause(ctx, c.delay)
		encryption = c.encryption(asked)
	}
	if err := c.stream.Send(tds.KindReply, asked.Answer(encryption, c.nonces.server).Encode()); err != nil {
		return err
	}
	if c.login.TLS {
		return nil
	}
	next, err := c.stream.In.Peek(1)
	if err != nil {
		return fmt.Errorf("azuretest: the client left after PRELOGIN: %w", err)
	}
	switch {
	case tds.Kind(next[0]) != tds.KindPrelogin:
		return nil // in clear: authenticate decides on that
	case encryption == tds.EncryptNone:
		return errors.New("azuretest: the client began TLS, which is off, as injected")
	}
	return c.encrypt(ctx)
}

// encryption is what the server says about it in PRELOGIN.
func (c *client) encryption(asked tds.Options) byte {
	switch c.server.Faults.Take(azuretest.NoTLS, azuretest.Plaintext).Kind {
	case azuretest.NoTLS:
		return tds.EncryptNone
	case azuretest.Plaintext:
		c.plaintext = true
		return tds.EncryptNone
	}
	return tds.EncryptionAnswer(asked.Encryption())
}

// encrypt performs a handshake inside TDS and carries on inside TLS.
func (c *client) encrypt(ctx context.Context) error {
	tunnel := &tds.Tunnel{Conn: c.conn, Stream: c.stream}
	conn, err := c.server.Handshake(ctx, tunnel, c.login, &tls.Config{MaxVersion: tls.VersionTLS12})
	if err := tunnel.Finish(err); err != nil {
		return err
	}
	c.conn, c.stream = conn, tds.NewStream(conn)
	return nil
}
