package mysql

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// TestLoginOverEveryHandshake has the token replace the placeholder whatever the handshake looks like, and the server's
// bytes bounded until it has accepted it, but not after that.
func TestLoginOverEveryHandshake(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	certificate, err := ca.Issue("db.example.com")
	require.NoError(t, err)
	for name, change := range map[string]func(server, client *tls.Config){
		"TLS 1.3": func(_, _ *tls.Config) {},
		"TLS 1.2": func(server, _ *tls.Config) { server.MaxVersion = tls.VersionTLS12 },
		// The server has the client begin anew.
		"another curve": func(server, client *tls.Config) {
			server.CurvePreferences, client.CurvePreferences = []tls.CurveID{tls.CurveP521}, []tls.CurveID{tls.X25519, tls.CurveP521}
		},
	} {
		for _, asks := range []tls.ClientAuthType{tls.NoClientCert, tls.RequireAndVerifyClientCert} {
			t.Run(name+" "+asks.String(), func(t *testing.T) {
				server := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: asks, ClientCAs: ca.Pool()}
				client := verified()
				client.RootCAs, client.Certificates, client.ClientSessionCache = ca.Pool(), []tls.Certificate{certificate}, tls.NewLRUClientSessionCache(0)
				change(server, client)
				for _, resumed := range []bool{false, true} {
					require.NoError(t, logInOver(t, server, client, resumed, 0))
					require.ErrorIs(t, logInOver(t, server, client, true, 2*maxLogin), sqlopen.ErrTooMuch)
				}
			})
		}
	}
}

// logInOver logs in to a server whose answer to the token has so many bytes more, and then reads a large result.
func logInOver(t *testing.T, server, client *tls.Config, resumed bool, more int) error {
	t.Helper()
	token := strings.Repeat("t", 20000)
	accepted := numbered(5, granted+strings.Repeat("\x00", more))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	heard := make(chan []string, 1)
	go func() {
		defer close(heard)
		conn, err := listener.Accept()
		if err == nil {
			heard <- script(conn, server, packet(greetings[0]), toMethod(3, clearPassword), accepted, strings.Repeat("r", 3*maxLogin))
		}
	}()
	near, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer near.Close()
	login := &loginConn{config: client, token: token}
	conn := login.over(near)
	for _, turn := range []struct {
		hears int
		says  string
	}{
		{len(packet(greetings[0])), string(response(func([]byte) {}))},
		{len(toMethod(3, clearPassword)), numbered(3, placeholder+"\x00")},
		{len(accepted), numbered(0, "\x03select")},
	} {
		if _, err := io.ReadFull(conn, make([]byte, turn.hears)); err != nil {
			return err
		}
		if _, err := io.WriteString(conn, turn.says); err != nil {
			return err
		}
	}
	_, err = io.ReadFull(conn, make([]byte, 3*maxLogin))
	assert.Equal(t, resumed, login.Conn.(*tls.Conn).ConnectionState().DidResume)
	assert.Empty(t, login.token)
	withTLS := string(response(func(b []byte) { b[3], b[5] = 2, b[5]|0x8 }))
	assert.Equal(t, []string{withTLS, numbered(4, token+"\x00"), numbered(0, "\x03select")}, <-heard)
	return err
}

// granted is an OK.
const granted = "\x00\x00\x00\x02\x00\x00\x00"

// toMethod is a server's request for another method.
func toMethod(number byte, method string) string {
	return numbered(number, "\xfe"+method+"\x00"+strings.Repeat("n", 20)+"\x00")
}

func numbered(number byte, body string) string {
	b := []byte(packet(body))
	b[3] = number
	return string(b)
}

// script is a server with TLS that says its lines, each after a packet of the client's. It returns those packets.
func script(conn net.Conn, config *tls.Config, greeting string, lines ...string) (heard []string) {
	defer conn.Close()
	if _, err := io.WriteString(conn, greeting); err != nil {
		return nil
	}
	if _, err := io.ReadFull(conn, make([]byte, 36)); err != nil {
		return nil
	}
	conn = tls.Server(conn, config)
	for _, line := range lines {
		packet, err := readPacket(conn, func(int) error { return nil })
		if err != nil {
			return heard
		}
		heard = append(heard, string(packet))
		if _, err := io.WriteString(conn, line); err != nil {
			return heard
		}
	}
	return heard
}

func tlsOf(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

// scripted logs in, with settings, to a server that says those lines, and returns what that has heard.
func scripted(t *testing.T, b *drivertest.Bench[mysqlfront.Options, *Connector], s, greeting string, lines ...string) ([]string, error) {
	t.Helper()
	heard, c := toScript(t, b, greeting, lines...), b.Open(t, s)
	c.servers[0].Logger = &mysql.NopLogger{}
	conn, err := c.Connect(t.Context())
	packets := <-heard
	if err == nil {
		_ = conn.Close() // which the server does not hear
	}
	return packets, err
}

// toScript makes the bench's connections ones to such a server.
func toScript(t *testing.T, b *drivertest.Bench[mysqlfront.Options, *Connector], greeting string, lines ...string) <-chan []string {
	t.Helper()
	certificate, err := b.Cloud.CA().Issue("127.0.0.1")
	require.NoError(t, err)
	heard := make(chan []string, 8)
	b.Options.Dial = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() { heard <- script(server, tlsOf(certificate), greeting, lines...) }()
		return client, nil
	}
	return heard
}

// A server may begin with the method for clear text: then the token is in the answer to its greeting, however long it is.
func TestTokenInTheAnswerToTheGreeting(t *testing.T) {
	for _, size := range []int{0, 70000} {
		b := engine.Bench(t, nil)
		b.Issuer.Size = size
		heard, err := scripted(t, b, b.DSN(), greetingOf(clearPassword), numbered(3, granted))
		require.NoError(t, err)
		token := b.Issuer.Issued()[0]
		require.Len(t, heard, 1)
		assert.Equal(t, len(heard[0])-headerSize, lengthOf([]byte(heard[0])))
		_, answer, _ := strings.Cut(heard[0], "app\x00")
		assert.True(t, strings.HasPrefix(answer, string(lengthEncoded(len(token)+1))+token+"\x00orders\x00"+clearPassword+"\x00"), size)
	}
	assert.Equal(t, "\xfa\xfc\xfb\x00\xfc\xff\xff\xfd\x00\x00\x01",
		string(slices.Concat(lengthEncoded(250), lengthEncoded(251), lengthEncoded(65535), lengthEncoded(65536))))
	_, err := framed(1, make([]byte, maxPacket))
	require.ErrorIs(t, err, mysql.ErrPktTooLarge)
}

// What only looks like the placeholder stays as it is: a token is no name of a user or a database.
func TestTokenIsOnlyInPlaceOfThePassword(t *testing.T) {
	const token = "an ordinary c4nary"
	for _, method := range []string{clearPassword, nativePassword} {
		login := &loginConn{greeted: true, token: token, method: method, last: greetingPacket}
		response := func(password, length string) string {
			return strings.Repeat("\x00", requestSize) + placeholder + "\x00" + length + password + placeholder + "\x00" + method + "\x00"
		}
		want := response("proof", "\x05")
		if method == clearPassword {
			want = response(placeholder+"\x00", string(rune(len(placeholder)+1)))
		}
		sent, err := login.withToken([]byte(numbered(2, want)))
		require.NoError(t, err)
		if method == clearPassword {
			want = response(token+"\x00", string(rune(len(token)+1)))
		}
		assert.Equal(t, numbered(2, want), string(sent))
	}
}

// A password goes the same ways as with the driver's own TLS.
func TestPasswordMethodsInsideTLS(t *testing.T) {
	const password = "s3cret\x00"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	mysql.RegisterServerPubKey("passwordless-test", &key.PublicKey)
	defer mysql.DeregisterServerPubKey("passwordless-test")
	b := engine.Bench(t, nil)
	b.Options.Credential = nil
	for name, row := range map[string]struct {
		greeting string
		lines    []string
		want     string // the last packet, if it is the password
	}{
		"clear text":             {greetingOf(nativePassword), []string{toMethod(3, clearPassword), numbered(5, granted)}, numbered(4, password)},
		"SHA-256":                {greetingOf(nativePassword), []string{toMethod(3, sha256Password), numbered(5, granted)}, numbered(4, password)},
		"SHA-256 at once":        {greetingOf(sha256Password), []string{toMethod(3, sha256Password), numbered(5, granted)}, numbered(4, password)},
		"caching SHA-2, unknown": {greetingOf(nativePassword), []string{toMethod(3, cachingSHA2), numbered(5, "\x01\x04"), numbered(7, granted)}, numbered(6, password)},
		"caching SHA-2, known":   {greetingOf(cachingSHA2), []string{numbered(3, "\x01\x03") + numbered(4, granted)}, ""},
		"native":                 {greetingOf(nativePassword), []string{numbered(3, granted)}, ""},
	} {
		for _, setting := range []string{"tls=true", "serverPubKey=passwordless-test"} {
			heard, err := scripted(t, b, strings.Replace(b.DSN(setting), "app@", "app:s3cret@", 1), row.greeting, row.lines...)
			require.NoError(t, err, name)
			require.Len(t, heard, len(row.lines), name)
			if last := heard[len(heard)-1]; row.want != "" {
				assert.Equal(t, row.want, last, name)
			} else {
				assert.NotContains(t, last, password, name)
			}
		}
	}
}

// What a server sends is bounded until the driver has set up the session, and no longer.
func TestBoundEndsWithTheLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	huge := numbered(1, "\xff\x15\x04"+strings.Repeat("x", 2*maxLogin))
	_, err := scripted(t, b, b.DSN("sql_mode=%27ANSI%27"), greetingOf(nativePassword), toMethod(3, clearPassword), numbered(5, granted), huge)
	require.ErrorIs(t, err, sqlopen.ErrTooMuch)

	toScript(t, b, greetingOf(nativePassword), toMethod(3, clearPassword), numbered(5, granted), huge)
	conn, err := b.Connector(t).Connect(t.Context())
	require.NoError(t, err)
	refused, ok := errors.AsType[*mysql.MySQLError](conn.(driver.Pinger).Ping(t.Context()))
	require.True(t, ok)
	assert.Len(t, refused.Message, 2*maxLogin)
	_ = conn.Close() // which the server does not hear
}

// A server that was verified and says what is malformed is not passed over for the next one.
func TestAMalformedAnswerIsFinal(t *testing.T) {
	b := engine.Bench(t, nil)
	heard := toScript(t, b, greetingOf(nativePassword), toMethod(3, clearPassword), numbered(5, granted[:4]))
	err := drivertest.Connect(t, b.Open(t, hosts("127.0.0.1:1", "127.0.0.1:2")))
	require.ErrorContains(t, err, "mysql: the server's answer is malformed")
	require.NotErrorIs(t, err, mysql.ErrInvalidConn)
	assert.Len(t, <-heard, 2)
	assert.Empty(t, heard)
}
