package postgrestest

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// errHangUp wraps the faults that close the connection without an answer.
var errHangUp = errors.New("closed without an answer, as injected")

// authenticate decides on the login. Nil means that the client may have a
// session and has not been told so yet.
func (c *client) authenticate(ctx context.Context, version uint32) error {
	if !c.login.TLS && !c.plaintext && !c.server.Faults.Meets(azuretest.Plaintext) {
		return noEncryption(frontend.ClientHost(c.wire.conn), c.login.User, c.login.Database)
	}
	if err := c.negotiateVersion(version); err != nil {
		return err
	}
	if c.login.User == "" {
		return fatal("28000", "no PostgreSQL user name specified in startup packet")
	}
	frontend.Pause(ctx, c.delay)
	switch c.server.Faults.Take(azuretest.AskMD5, azuretest.AskSCRAM).Kind {
	case azuretest.AskMD5:
		return c.askMD5()
	case azuretest.AskSCRAM:
		return c.askSCRAM()
	}
	password, err := c.askPassword(&pgproto3.AuthenticationCleartextPassword{}, pgproto3.AuthTypeCleartextPassword)
	if err != nil {
		return err
	}
	frontend.Pause(ctx, c.delay)
	return c.decide(password)
}

// decide applies the faults that act on a password, then checks it.
func (c *client) decide(password string) error {
	switch f := c.server.Faults.Take(azuretest.CloseAfterToken, azuretest.HalfPacket, azuretest.Refuse); f.Kind {
	case azuretest.CloseAfterToken:
		return fmt.Errorf("azuretest: %w", errHangUp)
	case azuretest.HalfPacket:
		ok, err := (&pgproto3.AuthenticationOk{}).Encode(nil)
		if err == nil {
			_, err = c.wire.conn.Write(ok[:len(ok)-2])
		}
		return fmt.Errorf("azuretest: %w", errors.Join(errHangUp, err))
	case azuretest.Refuse:
		return f.Err
	}
	return c.server.check(c.login.User, password)
}

// check decides whether user may log in with password.
func (s *Server) check(user, password string) error {
	if password == "" {
		return fatal("28P01", "empty password returned by client")
	}
	if want, ok := s.options.Passwords[user]; ok {
		if subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1 {
			return wrongPassword(user)
		}
		return nil
	}
	if s.options.Verify == nil || !s.options.hasRole(user) {
		return wrongPassword(user)
	}
	err := s.options.Verify(user, password)
	if err == nil && s.Faults.Meets(azuretest.ExpiredToken) {
		return tokenExpired()
	}
	return refusal(user, err)
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
	c.server.Record.Password(c.login, answer.Password)
	return answer.Password, nil
}

// ask sends an authentication request and returns the client's answer.
func (c *client) ask(request pgproto3.BackendMessage, kind uint32) (pgproto3.FrontendMessage, error) {
	if err := c.wire.backend.SetAuthType(kind); err != nil {
		return nil, err
	}
	if err := c.wire.send(request); err != nil {
		return nil, err
	}
	message, err := c.wire.receive()
	if err != nil {
		return nil, fmt.Errorf("azuretest: the client did not answer the request for a password: %w", err)
	}
	return message, nil
}

// askMD5 plays the server of a role that has an MD5 password.
func (c *client) askMD5() error {
	request := &pgproto3.AuthenticationMD5Password{}
	_, _ = rand.Read(request.Salt[:]) // never fails (crypto/rand)
	if _, err := c.askPassword(request, pgproto3.AuthTypeMD5Password); err != nil {
		return err
	}
	return wrongPassword(c.login.User)
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
	return wrongPassword(c.login.User)
}

// refuse lists the login as failed and tells the client why, if there is
// something to tell.
func (c *client) refuse(reason error) {
	c.end(reason)
	answer := errorResponse(reason)
	if answer == nil {
		return
	}
	if err := c.wire.send(answer); err != nil {
		return
	}
	c.linger()
}

// end lists the login; nil: it succeeded.
func (c *client) end(reason error) {
	c.login.Err = reason
	if c.hello {
		c.server.Record.Add(c.login)
	}
}

// linger reads on until the client leaves, for a moment, to note a password that
// nobody asked for.
func (c *client) linger() {
	if err := c.wire.conn.SetReadDeadline(time.Now().Add(frontend.Lingering)); err != nil {
		return
	}
	for {
		message, err := c.wire.receive()
		if err != nil {
			return
		}
		if p, ok := message.(*pgproto3.PasswordMessage); ok && c.login.PasswordLength == 0 {
			c.server.Record.Password(c.login, p.Password)
		}
	}
}
