package sqlserverfront

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// client is one client's connection.
type client struct {
	*frontend.Conn
	server  *Server
	stream  *tds.Stream
	fedAuth bool // the client was told that a token is required
	nonces  nonces
	request *tds.Login
	account tds.Account
}

// nonces are the random numbers of PRELOGIN; nil unless the client sent one.
type nonces struct{ client, server []byte }

// Login implements [frontend.Protocol].
func (c *client) Login(ctx context.Context) (session func(context.Context), err error) {
	message, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	if message.Kind != tds.KindLogin {
		return nil, fmt.Errorf("azuretest: message of type %d, want a login", message.Kind)
	}
	if c.request, err = tds.ParseLogin(message.Body); err != nil {
		return nil, fmt.Errorf("%w: %w", badLogin, err)
	}
	c.identify()
	if err = c.authenticate(ctx); err != nil {
		return nil, err
	}
	if route := c.Take(azuretest.Route); route.Kind != "" {
		return func(context.Context) { c.sendOn(route) }, nil
	}
	if c.server.backend == nil {
		return c.handle, nil
	}
	backend, err := c.dialBackend(ctx)
	return func(ctx context.Context) { c.splice(ctx, backend) }, err
}

// identify notes what the client says of itself.
func (c *client) identify() {
	request := c.request
	intent := "ReadWrite"
	if request.ReadOnly {
		intent = "ReadOnly"
	}
	c.Entry.User, c.Entry.Database = request.UserName, request.Database
	c.Entry.Parameters = map[string]string{
		"app name":           request.AppName,
		"host name":          request.HostName,
		"server name":        request.ServerName,
		"application intent": intent,
		"tds version":        tds.VersionName(request.Version),
	}
	c.secret(request.Secret())
}

// secret notes a password or token that arrived.
func (c *client) secret(s string) {
	if s != "" {
		c.Password(s)
	}
}

// authenticate decides on the login.
func (c *client) authenticate(ctx context.Context) error {
	request := c.request
	switch {
	case c.Entry.TLS == 0 && !c.Plaintext && !c.Meets(azuretest.Plaintext):
		return noEncryption
	case request.Version != tds.Version80 && request.Version < tds.Version72:
		return fmt.Errorf("azuretest: the client speaks TDS %s, want 7.2 or later", tds.VersionName(request.Version))
	case request.Integrated:
		return noIntegrated
	}
	secret := request.Secret()
	if request.FedAuth != nil {
		var err error
		if secret, err = c.token(ctx, request.FedAuth); err != nil {
			return err
		}
	}
	c.Wait(ctx)
	if err := c.Arrived(halfPacket); err != nil {
		return err
	}
	if err := c.check(secret); err != nil {
		return err
	}
	if !c.server.options.hasDatabase(request.Database) {
		return fmt.Errorf("%w: %w", noDatabase(request.Database), loginFailed(c.Entry.User))
	}
	return nil
}

// halfPacket is the beginning of an answer.
func halfPacket() []byte {
	done := tds.AppendDone(nil, tds.TokenDone, 0, 0, 0)
	header := []byte{byte(tds.KindReply), byte(tds.StatusEnd), 0, byte(tds.HeaderLength + len(done)), 0, 0, 1, 0}
	return append(header, done[:len(done)-2]...)
}

// token returns the client's token, asking for it if it has not come yet.
func (c *client) token(ctx context.Context, f *tds.FedAuth) (string, error) {
	if f.Echo != c.fedAuth {
		return "", fmt.Errorf("%w: azuretest: the client echoes another FEDAUTHREQUIRED than it was told", badLogin)
	}
	if f.Library == tds.Adal {
		c.Wait(ctx)
		info := tds.FedAuthInfo(c.server.options.STSURL, azuretest.SQLAudience) // the public cloud's on every server
		if err := c.stream.Send(tds.KindReply, info); err != nil {
			return "", err
		}
		message, err := c.stream.Receive()
		if err != nil {
			return "", fmt.Errorf("azuretest: the client did not answer the request for a token: %w", err)
		}
		if message.Kind != tds.KindToken {
			return "", fmt.Errorf("azuretest: message of type %d, want a token", message.Kind)
		}
		if f.Token, f.Nonce, err = tds.ParseTokenMessage(message.Body); err != nil {
			return "", fmt.Errorf("%w: %w", badLogin, err)
		}
		c.secret(f.Token)
	}
	if !bytes.Equal(f.Nonce, c.nonces.server) {
		return "", fmt.Errorf("%w: azuretest: the client returns another nonce than it was sent", badLogin)
	}
	return f.Token, nil
}

// check decides whether the password is right or the token good, and its bearer a
// user.
func (c *client) check(secret string) error {
	user, o := c.request.UserName, &c.server.options
	if c.request.FedAuth == nil {
		want, ok := c.server.password(user)
		if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
			return loginFailed(user)
		}
		c.account = tds.Account{Name: user}
		return nil
	}
	if o.Verify == nil { // a server without a cloud
		return tokenNotAccepted
	}
	bearer, err := o.Verify(secret)
	switch {
	case err != nil && len(errorsIn(err)) == 0:
		return fmt.Errorf("%w: %w", loginFailed(tokenUser), err)
	case err != nil:
		return err
	}
	if len(bearer.Names) == 0 && bearer.ClientID != "" {
		bearer.Names = []string{bearer.ClientID + "@" + bearer.TenantID} // as SUSER_SNAME() returns it
	}
	if len(bearer.Names) > 0 {
		c.Entry.User = bearer.Names[0]
	}
	c.account = tds.Account{Name: c.Entry.User, Expires: bearer.Expires}
	switch {
	case !c.server.has(bearer):
		return fmt.Errorf("%w: azuretest: %q is not one of Users", loginFailed(tokenUser), c.Entry.User)
	case c.Meets(azuretest.ExpiredToken):
		return tokenExpired
	}
	return nil
}

// packetSize is the size of packets that the server grants a client.
func (c *client) packetSize() int {
	largest := tds.MaxPacket
	if c.Entry.TLS != 0 {
		largest = tds.MaxTLSPacket
	}
	return min(max(cmp.Or(c.request.PacketSize, tds.DefaultPacket), tds.MinPacket), largest)
}

// grant tells the client that it is logged in; more are further tokens.
func (c *client) grant(more []byte) error {
	c.stream.Size = c.packetSize()
	grant := tds.Grant{
		Request: c.request, Database: cmp.Or(c.request.Database, tds.DefaultDatabase),
		PacketSize: c.stream.Size, Nonce: c.nonces.client,
	}
	answer := append(grant.Answer(), more...)
	return c.stream.Send(tds.KindReply, tds.AppendDone(answer, tds.TokenDone, 0, 0, 0))
}

// sendOn logs the client in and tells it to go elsewhere, which ends the session.
func (c *client) sendOn(route azuretest.ServerFault) {
	if err := c.grant(tds.AppendRoute(nil, route.Host, uint16(route.Port))); err == nil {
		_, _ = io.Copy(io.Discard, c.stream.In) // until the client leaves
	}
}

// handle lets the Handler speak for the server.
func (c *client) handle(ctx context.Context) {
	handler := c.server.options.Handler
	if handler == nil {
		handler = statements(c.server.options.Query)
	}
	if err := c.grant(nil); err == nil {
		tds.NewSession(c.stream, c.Conn, c.request, c.account).Run(ctx, handler)
	}
}

// Refuse implements [frontend.Protocol].
func (c *client) Refuse(reason error) bool {
	var answer []byte
	for _, e := range errorsIn(reason) {
		told := *e
		told.Class, told.Line = cmp.Or(e.Class, 14), cmp.Or(e.Line, 1)
		answer = tds.AppendMessage(answer, tds.TokenError, &told)
	}
	return answer != nil && c.stream.Send(tds.KindReply, tds.AppendDone(answer, tds.TokenDone, tds.DoneError, 0, 0)) == nil
}

// Stray implements [frontend.Protocol].
func (c *client) Stray() (string, error) {
	message, err := c.stream.Receive()
	if err != nil {
		return "", err
	}
	secret := ""
	switch message.Kind { // what cannot be read has no secret
	case tds.KindLogin:
		if request, err := tds.ParseLogin(message.Body); err == nil {
			secret = request.Secret()
		}
	case tds.KindToken:
		secret, _, _ = tds.ParseTokenMessage(message.Body)
	}
	return secret, nil
}
