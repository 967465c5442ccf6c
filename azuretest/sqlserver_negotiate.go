package azuretest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
)

// tdsALPN is the protocol name that TDS 8.0 requires:
// https://learn.microsoft.com/sql/relational-databases/security/networking/tds-8
const tdsALPN = "tds/8.0"

// negotiate answers PRELOGIN, performs the TLS handshake before it or after it,
// and returns the message that follows, which should be LOGIN7.
func (c *sqlConn) negotiate(ctx context.Context) (tdsMessage, error) {
	first, err := c.stream.in.Peek(1)
	if err != nil {
		return tdsMessage{}, fmt.Errorf("azuretest: the client left before its first message: %w", err)
	}
	c.hello = true
	switch {
	case first[0] == tlsHandshakeRecord:
		if err := c.strict(ctx); err != nil {
			return tdsMessage{}, err
		}
	case c.server.options.Strict:
		return tdsMessage{}, errors.New("azuretest: the client did not begin with TLS, as Strict requires")
	}
	message, err := c.stream.receive()
	if err != nil {
		return tdsMessage{}, fmt.Errorf("azuretest: no PRELOGIN: %w", err)
	}
	if message.kind != tdsPrelogin {
		return message, nil
	}
	if err := c.prelogin(ctx, message.body); err != nil {
		return tdsMessage{}, err
	}
	if message, err = c.stream.receive(); err != nil {
		return tdsMessage{}, fmt.Errorf("azuretest: no login: %w", err)
	}
	return message, nil
}

// strict serves a client that begins with TLS (TDS 8.0).
func (c *sqlConn) strict(ctx context.Context) error {
	pause(ctx, c.delay)
	if c.server.faults.take(NoTLS, Plaintext).Kind != "" {
		return errors.New("azuretest: the client began with TLS, which is off, as injected")
	}
	config := &tls.Config{NextProtos: []string{tdsALPN}}
	conn, err := c.server.handshake(ctx, bufferedConn{c.conn, c.stream.in}, c.login, config)
	if err != nil {
		return err
	}
	c.conn, c.stream = conn, newTDSStream(conn)
	if conn.ConnectionState().NegotiatedProtocol != tdsALPN {
		return errors.New("azuretest: the client began with TLS and did not name the protocol " + tdsALPN)
	}
	return nil
}

// prelogin answers PRELOGIN and, if the client begins one then, performs the TLS
// handshake.
func (c *sqlConn) prelogin(ctx context.Context, body []byte) error {
	asked, err := parseTDSPrelogin(body)
	if err != nil {
		return fmt.Errorf("%w: %w", sqlBadPrelogin(), err)
	}
	c.fedAuth = asked[tdsOptionFedAuth] != nil
	if nonce := asked[tdsOptionNonce]; len(nonce) == tdsNonceLength {
		c.nonces.client = slices.Clone(nonce)
		c.nonces.server = make([]byte, tdsNonceLength)
		_, _ = rand.Read(c.nonces.server) // never fails (crypto/rand)
	}
	encryption := tdsEncryptNone // inside TLS there is nothing left to negotiate
	if !c.login.TLS {
		pause(ctx, c.delay)
		encryption = c.encryption(asked)
	}
	if err := c.stream.send(tdsReply, asked.answer(encryption, c.nonces.server).encode()); err != nil {
		return err
	}
	if c.login.TLS {
		return nil
	}
	next, err := c.stream.in.Peek(1)
	if err != nil {
		return fmt.Errorf("azuretest: the client left after PRELOGIN: %w", err)
	}
	switch {
	case tdsKind(next[0]) != tdsPrelogin:
		return nil // in clear: authenticate decides on that
	case encryption == tdsEncryptNone:
		return errors.New("azuretest: the client began TLS, which is off, as injected")
	}
	return c.encrypt(ctx)
}

// encryption is what the server says about it in PRELOGIN.
func (c *sqlConn) encryption(asked tdsOptions) byte {
	switch c.server.faults.take(NoTLS, Plaintext).Kind {
	case NoTLS:
		return tdsEncryptNone
	case Plaintext:
		c.plaintext = true
		return tdsEncryptNone
	}
	return tdsEncryptionAnswer(asked.encryption())
}

// encrypt performs a handshake inside TDS and carries on inside TLS.
func (c *sqlConn) encrypt(ctx context.Context) error {
	tunnel := &tdsTunnel{Conn: c.conn, stream: c.stream}
	conn, err := c.server.handshake(ctx, tunnel, c.login, &tls.Config{MaxVersion: tls.VersionTLS12})
	if err := tunnel.finish(err); err != nil {
		return err
	}
	c.conn, c.stream = conn, newTDSStream(conn)
	return nil
}
