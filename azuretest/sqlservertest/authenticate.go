package sqlservertest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// spn names the resource to clients that ask for what to get a token. It is
// the public cloud's on every server of this package.
const spn = azuretest.SQLAudience

// authenticate decides on the login. Nil means that the client may have a session
// and has not been told so yet.
func (c *client) authenticate(ctx context.Context, request *tds.Login) (tds.Account, error) {
	if !c.login.TLS && !c.plaintext && !c.server.Faults.Meets(azuretest.Plaintext) {
		return tds.Account{}, noEncryption()
	}
	if request.Version != tds.Version80 && request.Version < tds.Version72 {
		return tds.Account{}, fmt.Errorf("azuretest: the client speaks TDS %s, want 7.2 or later", tds.VersionName(request.Version))
	}
	if request.Integrated {
		return tds.Account{}, noIntegrated()
	}
	secret := request.Secret()
	if request.FedAuth != nil {
		var err error
		if secret, err = c.token(ctx, request.FedAuth); err != nil {
			return tds.Account{}, err
		}
	}
	frontend.Pause(ctx, c.delay)
	return c.decide(request, secret)
}

// token returns the client's token, asking for it if it has not come yet.
func (c *client) token(ctx context.Context, f *tds.FedAuth) (string, error) {
	if f.Echo != c.fedAuth {
		return "", fmt.Errorf("%w: azuretest: the client echoes another FEDAUTHREQUIRED than it was told", badLogin())
	}
	if f.Library == tds.Adal {
		frontend.Pause(ctx, c.delay)
		if err := c.stream.Send(tds.KindReply, tds.FedAuthInfo(c.server.options.STSURL, spn)); err != nil {
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
			return "", fmt.Errorf("%w: %w", badLogin(), err)
		}
		c.secret(f.Token)
	}
	if !bytes.Equal(f.Nonce, c.nonces.server) {
		return "", fmt.Errorf("%w: azuretest: the client returns another nonce than it was sent", badLogin())
	}
	return f.Token, nil
}

// decide applies the faults that act on a token or password, then checks it.
func (c *client) decide(request *tds.Login, secret string) (tds.Account, error) {
	switch f := c.server.Faults.Take(azuretest.CloseAfterToken, azuretest.HalfPacket, azuretest.Refuse); f.Kind {
	case azuretest.CloseAfterToken:
		return tds.Account{}, fmt.Errorf("azuretest: %w", errHangUp)
	case azuretest.HalfPacket:
		done := tds.AppendDone(nil, tds.TokenDone, 0, 0, 0)
		header := []byte{byte(tds.KindReply), byte(tds.StatusEnd), 0, byte(tds.HeaderLength + len(done)), 0, 0, 1, 0}
		_, err := c.conn.Write(append(header, done[:len(done)-2]...))
		return tds.Account{}, fmt.Errorf("azuretest: %w", errors.Join(errHangUp, err))
	case azuretest.Refuse:
		return tds.Account{}, withDefaults(f.Err)
	}
	account, err := c.check(request, secret)
	if err != nil {
		return account, err
	}
	if request.FedAuth != nil && c.server.Faults.Meets(azuretest.ExpiredToken) {
		return account, tokenExpired()
	}
	if !c.server.options.hasDatabase(request.Database) {
		return account, fmt.Errorf("%w: %w", noDatabase(request.Database), loginFailed(c.login.User))
	}
	return account, nil
}

// check decides whether the password is right or the token good, and its bearer a
// user.
func (c *client) check(request *tds.Login, secret string) (tds.Account, error) {
	o := &c.server.options
	if request.FedAuth == nil {
		want, ok := c.server.users.password(request.UserName)
		if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
			return tds.Account{}, loginFailed(request.UserName)
		}
		return tds.Account{Name: request.UserName}, nil
	}
	if o.Verify == nil {
		return tds.Account{}, tokenNotAccepted()
	}
	bearer, err := o.Verify(secret)
	if err != nil {
		if len(errorsIn(err)) == 0 {
			err = fmt.Errorf("%w: %w", loginFailed(tokenUser), err)
		}
		return tds.Account{}, err
	}
	if bearer.Name == "" && bearer.ClientID != "" {
		bearer.Name = bearer.ClientID + "@" + bearer.TenantID // as SUSER_SNAME() returns it
	}
	c.login.User = bearer.Name
	if !c.server.users.has(bearer) {
		return tds.Account{}, fmt.Errorf("%w: azuretest: %q is not one of Users", loginFailed(tokenUser), bearer.Name)
	}
	return tds.Account{Name: bearer.Name, Expires: bearer.Expires}, nil
}
