package sqlserverfront

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/azuredb/passwordless/internal/tds"
)

// alpn is the protocol name that TDS 8.0 requires:
// https://learn.microsoft.com/sql/relational-databases/security/networking/tds-8
const alpn = "tds/8.0"

// tlsRecord begins TLS (RFC 8446, 5.1), and no TDS packet.
const tlsRecord = 0x16

// negotiate answers PRELOGIN, performs the TLS handshake before it or after it,
// and returns the message that follows, which should be LOGIN7.
func (c *client) negotiate(ctx context.Context) (tds.Message, error) {
	first, err := c.First()
	if err != nil {
		return tds.Message{}, err
	}
	if first == tlsRecord {
		if err := c.strict(ctx); err != nil {
			return tds.Message{}, err
		}
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
	c.Wait(ctx)
	if c.LacksTLS() {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	protocol, err := c.Secure(ctx, c.Buffered(), &tls.Config{NextProtos: []string{alpn}})
	if err == nil && protocol != alpn {
		err = errors.New("azuretest: the client began with TLS and did not name the protocol " + alpn)
	}
	c.stream = tds.NewStream(c.In, c.Conn.Conn)
	return err
}

// prelogin answers PRELOGIN and, if the client begins one then, performs the TLS
// handshake.
func (c *client) prelogin(ctx context.Context, body []byte) error {
	asked, err := tds.ParsePrelogin(body)
	if err != nil {
		return fmt.Errorf("%w: %w", badPrelogin, err)
	}
	c.fedAuth = asked[tds.OptionFedAuth] != nil
	if nonce := asked[tds.OptionNonce]; len(nonce) == tds.NonceLength {
		c.nonces.client = slices.Clone(nonce)
		c.nonces.server = make([]byte, tds.NonceLength)
		_, _ = rand.Read(c.nonces.server) // never fails (crypto/rand)
	}
	encryption := tds.EncryptNone // inside TLS there is nothing left to negotiate
	if c.Entry.TLS == 0 {
		c.Wait(ctx)
		if !c.LacksTLS() {
			encryption = tds.EncryptionAnswer(asked.Encryption())
		}
	}
	if err := c.stream.Send(tds.KindReply, asked.Answer(encryption, c.nonces.server).Encode()); err != nil {
		return err
	}
	if c.Entry.TLS != 0 {
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

// encrypt performs a handshake inside TDS and carries on inside TLS.
func (c *client) encrypt(ctx context.Context) error {
	tunnel := &tds.Tunnel{Conn: c.Conn.Conn, Stream: c.stream}
	_, err := c.Secure(ctx, tunnel, &tls.Config{MaxVersion: tls.VersionTLS12})
	err = tunnel.Finish(err)
	c.stream = tds.NewStream(c.In, c.Conn.Conn)
	return err
}
