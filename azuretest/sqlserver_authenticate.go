package azuretest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
)

// sqlSPN names the resource to clients that ask for what to get a token. It is
// the public cloud's on every server of this package.
const sqlSPN = SQLAudience

// authenticate decides on the login. Nil means that the client may have a session
// and has not been told so yet.
func (c *sqlConn) authenticate(ctx context.Context, request *tdsLogin) (tdsAccount, error) {
	if !c.login.TLS && !c.plaintext && !c.server.faults.meets(Plaintext) {
		return tdsAccount{}, sqlNoEncryption()
	}
	if request.version != tdsVersion80 && request.version < tdsVersion72 {
		return tdsAccount{}, fmt.Errorf("azuretest: the client speaks TDS %s, want 7.2 or later", tdsVersionName(request.version))
	}
	if request.integrated {
		return tdsAccount{}, sqlNoIntegrated()
	}
	secret := request.secret()
	if request.fedAuth != nil {
		var err error
		if secret, err = c.token(ctx, request.fedAuth); err != nil {
			return tdsAccount{}, err
		}
	}
	pause(ctx, c.delay)
	return c.decide(request, secret)
}

// token returns the client's token, asking for it if it has not come yet.
func (c *sqlConn) token(ctx context.Context, f *tdsFedAuth) (string, error) {
	if f.echo != c.fedAuth {
		return "", fmt.Errorf("%w: azuretest: the client echoes another FEDAUTHREQUIRED than it was told", sqlBadLogin())
	}
	if f.library == tdsADAL {
		pause(ctx, c.delay)
		if err := c.stream.send(tdsReply, tdsFedAuthInfo(c.server.options.STSURL, sqlSPN)); err != nil {
			return "", err
		}
		message, err := c.stream.receive()
		if err != nil {
			return "", fmt.Errorf("azuretest: the client did not answer the request for a token: %w", err)
		}
		if message.kind != tdsToken {
			return "", fmt.Errorf("azuretest: message of type %d, want a token", message.kind)
		}
		if f.token, f.nonce, err = parseTDSTokenMessage(message.body); err != nil {
			return "", fmt.Errorf("%w: %w", sqlBadLogin(), err)
		}
		c.secret(f.token)
	}
	if !bytes.Equal(f.nonce, c.nonces.server) {
		return "", fmt.Errorf("%w: azuretest: the client returns another nonce than it was sent", sqlBadLogin())
	}
	return f.token, nil
}

// decide applies the faults that act on a token or password, then checks it.
func (c *sqlConn) decide(request *tdsLogin, secret string) (tdsAccount, error) {
	switch f := c.server.faults.take(CloseAfterToken, HalfPacket, Refuse); f.Kind {
	case CloseAfterToken:
		return tdsAccount{}, fmt.Errorf("azuretest: %w", errSQLHangUp)
	case HalfPacket:
		done := appendTDSDone(nil, tdsTokenDone, 0, 0, 0)
		header := []byte{byte(tdsReply), byte(tdsEnd), 0, byte(tdsHeaderLength + len(done)), 0, 0, 1, 0}
		_, err := c.conn.Write(append(header, done[:len(done)-2]...))
		return tdsAccount{}, fmt.Errorf("azuretest: %w", errors.Join(errSQLHangUp, err))
	case Refuse:
		return tdsAccount{}, sqlRefusal(f.Err)
	}
	account, err := c.check(request, secret)
	if err != nil {
		return account, err
	}
	if request.fedAuth != nil && c.server.faults.meets(ExpiredToken) {
		return account, sqlTokenExpired()
	}
	if !c.server.options.hasDatabase(request.database) {
		return account, fmt.Errorf("%w: %w", sqlNoDatabase(request.database), sqlLoginFailed(c.login.User))
	}
	return account, nil
}

// check decides whether the password is right or the token good, and its bearer a
// user.
func (c *sqlConn) check(request *tdsLogin, secret string) (tdsAccount, error) {
	o := &c.server.options
	if request.fedAuth == nil {
		want, ok := c.server.users.password(request.userName)
		if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
			return tdsAccount{}, sqlLoginFailed(request.userName)
		}
		return tdsAccount{name: request.userName}, nil
	}
	if o.Verify == nil {
		return tdsAccount{}, sqlTokenNotAccepted()
	}
	bearer, err := o.Verify(secret)
	if err != nil {
		if len(sqlErrors(err)) == 0 {
			err = fmt.Errorf("%w: %w", sqlLoginFailed(sqlTokenUser), err)
		}
		return tdsAccount{}, err
	}
	if bearer.Name == "" && bearer.ClientID != "" {
		bearer.Name = bearer.ClientID + "@" + bearer.TenantID // as SUSER_SNAME() returns it
	}
	c.login.User = bearer.Name
	if !c.server.users.has(bearer) {
		return tdsAccount{}, fmt.Errorf("%w: azuretest: %q is not one of Users", sqlLoginFailed(sqlTokenUser), bearer.Name)
	}
	return tdsAccount{name: bearer.Name, expires: bearer.Expires}, nil
}
