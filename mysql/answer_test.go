package mysql

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// methods are those that go-sql-driver knows, and one that it does not.
var methods = []string{nativePassword, cachingSHA2, sha256Password, clearPassword, oldPassword, "client_ed25519", "dialog", ""}

// greetingOf is a greeting that offers a method, and most capabilities.
func greetingOf(method string) string {
	return packet(strings.Replace(greetings[0], "\x00\x8a", "\xdf\xff", 1) + method + "\x00")
}

// ellipticKey is a public key of another kind than the driver expects.
func ellipticKey(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// answered logs in with a password, without TLS, to a server that greets and answers so.
func answered(t testing.TB, greeting, answers string) error {
	t.Helper()
	cfg := mysql.NewConfig()
	cfg.Addr, cfg.Logger, cfg.AllowOldPasswords = "db.example.com:3306", &mysql.NopLogger{}, true
	login, err := setLogin(cfg, nil, connector.Login{User: "app", Password: dsn.NewSecret("p")})
	require.NoError(t, err)
	cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		return login.over(&sent{Reader: bytes.NewReader([]byte(greeting + answers))}), nil
	}
	c, err := mysql.NewConnector(cfg)
	require.NoError(t, err)
	if _, err = c.Connect(t.Context()); err == nil {
		require.True(t, login.done, "only an OK grants a login")
	}
	return err
}

// malformed are answers, each after a method, that go-sql-driver would not survive, or would take for a login that is granted.
var malformed = map[string][]string{
	nativePassword: {
		"\x00", "\x00\x00", "\x00\x00\x00", "\x00\x00\x00\x02", "\x00\xfc\x01", "\x00\xfd\x01\x00", "\x00\x00\xfe\x01\x00\x00", "\x00\xfe\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02",
		"\xff", "\xff\x15", "\xff\x15\x04", "\xff\x15\x04#", "\xff\x15\x04#2800",
		"\x01", "\x01\x03", "\x01\x04", "", "\xfemysql_native_password\x00", "\xfemysql_native_password\x00abcdefghijklmnopqrs\x00", "\xfemysql_old_password\x00abcdefg\x00",
		"\xfesha256_password\x00", "\xfesha256_password\x00\x00", "\xfe\x00", "\xfe\x00abcdefghijklmnopqrst\x00",
	},
}

func TestMalformedAnswers(t *testing.T) {
	key := ellipticKey(t)
	for _, method := range methods {
		answers := malformed[method]
		if method == cachingSHA2 || method == sha256Password {
			answers = []string{"\x01", "\x01" + key}
		}
		for _, answer := range answers {
			login := &loginConn{greeted: true, method: method}
			login.over(&sent{Reader: strings.NewReader(packet(answer))})
			_, err := login.Read(make([]byte, 1<<10))
			require.ErrorIs(t, err, sqlopen.ErrAnswer, "%s %q", method, answer)
			require.Error(t, answered(t, greetingOf(method), numbered(2, answer)))
		}
	}
	require.Error(t, answered(t, greetingOf(cachingSHA2), numbered(2, "\x01\x04")+numbered(4, "\x01"+key)))
	require.NoError(t, answered(t, greetingOf(nativePassword), numbered(2, granted)))
}

// FuzzAnswers has a server say anything after its greeting: go-sql-driver does not panic, and a login is granted by an OK only.
func FuzzAnswers(f *testing.F) {
	for i, method := range methods {
		f.Add(byte(i), []byte(numbered(2, granted)))
		f.Add(byte(i), []byte(numbered(2, "\x01\x04")+numbered(4, granted)))
		f.Add(byte(i), []byte(numbered(2, "\x01\x04")+numbered(4, "\x01"+ellipticKey(f))))
		f.Add(byte(i), []byte(numbered(2, "\x01\x03")+numbered(3, granted)))
		f.Add(byte(0), []byte(numbered(2, "\xfe"+method+"\x00abcdefghijklmnopqrst\x00")+numbered(4, granted)))
		f.Add(byte(0), []byte(numbered(2, "\xfe"+method+"\x00"+strings.Repeat("n", 32))+numbered(4, "\x01\x04")+numbered(6, granted)))
		for _, answer := range malformed[method] {
			f.Add(byte(i), []byte(numbered(2, answer)))
		}
	}
	f.Add(byte(0), []byte(numbered(2, "\xfe")+numbered(4, "\xff\x15\x04#28000no")))
	f.Fuzz(func(t *testing.T, method byte, answers []byte) {
		err := answered(t, greetingOf(methods[int(method)%len(methods)]), string(answers))
		if err == nil {
			require.Contains(t, string(answers), "\x00")
		}
	})
}
