package mysqlfront

import (
	"cmp"
	"context"
	"crypto/subtle"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// What a server says and a client asks in an exchange of caching_sha2_password:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
const (
	askKey      = 2 // client: the public key, please
	proofIsGood = 3 // server: the proof will do
	askPassword = 4 // server: the password itself, please
)

// authenticate decides on the login. Nil means that the client may have a
// session and has not been told so yet.
func (c *client) authenticate(ctx context.Context) error {
	want, ordinary := c.server.options.Passwords[c.Entry.User]
	if !c.secure() && !c.Plaintext && !(ordinary && c.server.options.InsecureTransport) {
		return insecureTransport
	}
	c.Wait(ctx)
	switch c.Take(azuretest.AskNativePassword, azuretest.AskCachingSHA2).Kind {
	case azuretest.AskNativePassword:
		_, err := c.exchange(NativePassword)
		return cmp.Or(err, error(c.denied(true)))
	case azuretest.AskCachingSHA2:
		_, err := c.exchange(CachingSHA2)
		if err == nil {
			_, err = c.fullPassword()
		}
		return cmp.Or(err, error(c.denied(true)))
	}
	if ordinary && !c.Plaintext {
		denial, err := c.prove(want)
		if err != nil {
			return err
		}
		c.Wait(ctx)
		return c.decide(func() error { return denial })
	}
	answer, err := c.exchange(clearPassword)
	if err != nil {
		return err
	}
	c.Wait(ctx)
	password := unterminated(answer)
	if c.server.options.PassOn {
		c.passed.as = account{c.Entry.User, password}
		return c.Arrived(c.half)
	}
	return c.decide(func() error {
		return c.Check(c.Entry.User, password, c.denied(password != ""), TokenExpired)
	})
}

// secure tells whether no one can listen. As in MySQL that goes for UNIX
// sockets, too.
func (c *client) secure() bool { return c.Entry.TLS != 0 || c.Local() }

// decide applies the faults that act on a password that has arrived, then asks
// whether it is right.
func (c *client) decide(check func() error) error {
	if err := c.Arrived(c.half); err != nil {
		return err
	}
	return check()
}

// half is a part of an OK packet: 7 bytes are announced.
func (c *client) half() []byte { return []byte{7, 0, 0, c.wire.sequence, okPacket, 0} }

func (c *client) denied(password bool) *azuretest.ServerError {
	return denied(c.Entry.User, c.ClientHost(), password)
}

// exchange has the client answer for a plugin, and notes the answer. A client
// that chose this plugin has answered already.
func (c *client) exchange(plugin string) ([]byte, error) {
	answer := c.response.auth
	if c.response.plugin != plugin {
		request := append([]byte{switchAuth}, plugin...)
		request = append(append(request, 0), c.greeting.scramble...)
		var err error
		if answer, err = c.ask(append(request, 0)); err != nil {
			return nil, err
		}
	}
	if plugin == clearPassword {
		c.Password(unterminated(answer))
	} else { // a proof may end with a zero byte
		c.Password(string(answer))
	}
	return answer, nil
}

// ask sends a request and returns the client's answer.
func (c *client) ask(request []byte) ([]byte, error) {
	return frontend.Ask(c.wire.send, request, c.wire.receive)
}

// prove has an ordinary user prove that it knows its password; denial is nil if it
// did.
func (c *client) prove(want string) (denial, err error) {
	plugin, user := c.server.options.AuthPlugin, c.Entry.User
	answer, err := c.exchange(plugin)
	if err != nil {
		return nil, err
	}
	proof := proof(plugin, want, c.greeting.scramble)
	right := subtle.ConstantTimeCompare(proof, answer) == 1
	_, known := c.server.known.Load(user)
	switch {
	case plugin != CachingSHA2 || len(answer) == 0: // which says that the password is empty
	case right && known:
		if err := c.wire.send([]byte{moreAuth, proofIsGood}); err != nil {
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
	if !right {
		denial = c.denied(len(answer) > 0)
	}
	return denial, nil
}

// fullPassword is the second part of caching_sha2_password, for a server that
// has nothing yet to compare a proof with: the password itself, encrypted for
// this server if the transport is not.
func (c *client) fullPassword() (string, error) {
	answer, err := c.ask([]byte{moreAuth, askPassword})
	if err != nil {
		return "", err
	}
	if c.secure() || len(answer) != 1 || answer[0] != askKey {
		password := unterminated(answer)
		c.Password(password)
		if !c.secure() {
			return "", c.denied(true)
		}
		return password, nil
	}
	key, err := c.server.key()
	if err != nil {
		return "", err
	}
	if answer, err = c.ask(append([]byte{moreAuth}, key.public...)); err != nil {
		return "", err
	}
	return decryptPassword(answer, c.greeting.scramble, key), nil
}
