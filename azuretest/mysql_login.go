package azuretest

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
)

// What a server says and a client asks in an exchange of caching_sha2_password:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
const (
	mysqlAskKey      = 2 // client: the public key, please
	mysqlProofIsGood = 3 // server: the proof will do
	mysqlAskPassword = 4 // server: the password itself, please
)

// errMySQLHangUp wraps the faults that close the connection without an answer.
var errMySQLHangUp = errors.New("closed without an answer, as injected")

// authenticate decides on the login. Nil means that the client may have a
// session and has not been told so yet.
func (c *mysqlConn) authenticate(ctx context.Context) error {
	want, ordinary := c.server.options.password(c.login.User)
	if !c.secure() && !c.plaintext && !(ordinary && c.server.options.InsecureTransport) {
		return mysqlInsecureTransport()
	}
	pause(ctx, c.delay)
	switch c.server.faults.take(AskNativePassword, AskCachingSHA2).Kind {
	case AskNativePassword:
		if _, err := c.exchange(MySQLNativePassword); err != nil {
			return err
		}
		return c.denied(true)
	case AskCachingSHA2:
		if _, err := c.exchange(MySQLCachingSHA2); err != nil {
			return err
		}
		if _, err := c.fullPassword(); err != nil {
			return err
		}
		return c.denied(true)
	}
	if ordinary && !c.plaintext {
		good, err := c.proves(want)
		if err != nil {
			return err
		}
		pause(ctx, c.delay)
		return c.decide(good)
	}
	answer, err := c.exchange(mysqlClearPassword)
	if err != nil {
		return err
	}
	pause(ctx, c.delay)
	password := mysqlUnterminated(answer)
	return c.decide(func() error { return c.check(password) })
}

// secure tells whether nobody can listen. As in MySQL that goes for UNIX
// sockets, too.
func (c *mysqlConn) secure() bool {
	_, local := c.raw.(*net.UnixConn)
	return c.login.TLS || local
}

// decide applies the faults that act on a password that has arrived, then asks
// whether it is right.
func (c *mysqlConn) decide(check func() error) error {
	switch f := c.server.faults.take(CloseAfterToken, HalfPacket, Refuse); f.Kind {
	case CloseAfterToken:
		return fmt.Errorf("azuretest: %w", errMySQLHangUp)
	case HalfPacket:
		_, err := c.wire.conn.Write([]byte{7, 0, 0, c.wire.sequence, mysqlOKPacket, 0}) // 7 bytes were announced
		return fmt.Errorf("azuretest: %w", errors.Join(errMySQLHangUp, err))
	case Refuse:
		return f.Err
	}
	if err := check(); err != nil {
		return err
	}
	if !c.server.options.hasDatabase(c.login.Database) {
		return mysqlUnknownDatabase(c.login.Database)
	}
	return nil
}

// check decides whether the user may log in with what came in clear text.
func (c *mysqlConn) check(password string) error {
	o := &c.server.options
	user := c.login.User
	if want, ok := o.password(user); ok {
		if subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1 {
			return c.denied(password != "")
		}
		return nil
	}
	if password == "" || o.Verify == nil || !o.hasUser(user) {
		return c.denied(password != "")
	}
	err := o.Verify(user, password)
	if err == nil && c.server.faults.meets(ExpiredToken) {
		return mysqlTokenExpired()
	}
	if _, ok := errors.AsType[*MySQLError](err); ok || err == nil {
		return err
	}
	return fmt.Errorf("%w: %w", c.denied(true), err)
}

func (c *mysqlConn) denied(password bool) *MySQLError {
	return mysqlDenied(c.login.User, clientHost(c.raw), password)
}

// exchange has the client answer for a plugin, and notes the answer. A client
// that chose this plugin has answered already.
func (c *mysqlConn) exchange(plugin string) ([]byte, error) {
	answer := c.response.auth
	if c.response.plugin != plugin {
		request := append([]byte{mysqlSwitchAuth}, plugin...)
		request = append(append(request, 0), c.greeting.scramble...)
		var err error
		if answer, err = c.ask(append(request, 0)); err != nil {
			return nil, err
		}
	}
	noted := string(answer)
	if plugin == mysqlClearPassword { // a proof may end with a zero byte of its own
		noted = mysqlUnterminated(answer)
	}
	c.server.record.password(c.login, noted)
	return answer, nil
}

// ask sends a request and returns the client's answer.
func (c *mysqlConn) ask(request []byte) ([]byte, error) {
	if err := c.wire.send(request); err != nil {
		return nil, err
	}
	answer, err := c.wire.receive()
	if err != nil {
		return nil, fmt.Errorf("azuretest: the client did not answer the request for a password: %w", err)
	}
	return answer, nil
}

// proves has an ordinary user prove that it knows its password; good says
// whether it did.
func (c *mysqlConn) proves(want string) (good func() error, err error) {
	plugin, user := c.server.options.AuthPlugin, c.login.User
	answer, err := c.exchange(plugin)
	if err != nil {
		return nil, err
	}
	proof := mysqlProof(plugin, want, c.greeting.scramble)
	right := subtle.ConstantTimeCompare(proof, answer) == 1
	_, known := c.server.known.Load(user)
	switch {
	case plugin != MySQLCachingSHA2 || len(answer) == 0: // which says that the password is empty
	case right && known:
		if err := c.wire.send([]byte{mysqlMoreAuth, mysqlProofIsGood}); err != nil {
			return nil, err
		}
	default:
		password, err := c.fullPassword()
		if err != nil {
			return nil, err
		}
		if right = subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1; right {
			c.server.known.Store(user, true)
		}
	}
	return func() error {
		if !right {
			return c.denied(len(answer) > 0)
		}
		return nil
	}, nil
}

// fullPassword is the second part of caching_sha2_password, for a server that
// has nothing yet to compare a proof with: the password itself, encrypted for
// this server if the transport is not.
func (c *mysqlConn) fullPassword() (string, error) {
	answer, err := c.ask([]byte{mysqlMoreAuth, mysqlAskPassword})
	if err != nil {
		return "", err
	}
	if c.secure() {
		password := mysqlUnterminated(answer)
		c.server.record.password(c.login, password)
		return password, nil
	}
	if len(answer) != 1 || answer[0] != mysqlAskKey {
		c.server.record.password(c.login, mysqlUnterminated(answer)) // in clear text, which it must not be
		return "", c.denied(true)
	}
	key, err := c.server.key()
	if err != nil {
		return "", err
	}
	public, err := mysqlPublicKey(key)
	if err != nil {
		return "", err
	}
	if answer, err = c.ask(append([]byte{mysqlMoreAuth}, public...)); err != nil {
		return "", err
	}
	return decryptMySQLPassword(answer, c.greeting.scramble, key), nil
}
