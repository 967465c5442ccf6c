package mysql

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// sent is a connection whose other end has sent something and reads nothing.
type sent struct {
	sink
	io.Reader
}

func (s *sent) Read(b []byte) (int, error)       { return s.Reader.Read(b) }
func (s *sent) SetReadDeadline(time.Time) error  { return nil }
func (s *sent) SetWriteDeadline(time.Time) error { return nil }

// greetings are packets, without their headers, of which only the first is whole.
var greetings = [...]string{
	"\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00\x00\x8a\x2d\x02\x00\x08\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00",
	"\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00\x00\x8a\x2d\x02\x00\x08\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst",
	"\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00\x00\x8a",
	"\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00",
	"\x0a8.0.0\x00\x01\x00\x00\x00abc",
	"\x0a8.0.0",
	"\x0a",
	"\xff",
	"\xff\x15",
	"\xff\x15\x04",
	"\xff\x15\x04#",
	"\xff\x15\x04#2800",
	"",
}

func packet(body string) string {
	return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), 0}) + body
}

// Anybody on the way can answer before TLS: nothing ends the process, and
// nothing is sent but the request for TLS and TLS.
func FuzzGreeting(f *testing.F) {
	for _, body := range greetings {
		f.Add([]byte(packet(body)))
		f.Add([]byte(packet(body) + packet("\xfemysql_clear_password\x00")))
	}
	f.Add([]byte("SSH-2.0-OpenSSH_9.6\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		conn := &sent{Reader: bytes.NewReader(b)}
		cfg := mysql.NewConfig()
		cfg.Addr, cfg.Logger = "db.example.com:3306", &mysql.NopLogger{}
		login, err := setLogin(cfg, verified(), connector.Login{User: "app", Password: dsn.NewSecret("an ordinary c4nary"), IsToken: true})
		require.NoError(t, err)
		cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) { return login.over(conn), nil }
		c, err := mysql.NewConnector(cfg)
		require.NoError(t, err)
		_, err = c.Connect(t.Context())
		require.Error(t, err)
		if len(conn.written) > 0 {
			requireTLSOnly(t, conn.written)
		}
		assert.NotContains(t, string(conn.written), "c4nary")
	})
}

func TestGreeting(t *testing.T) {
	for i, body := range greetings {
		const next = "what follows"
		r := bytes.NewBufferString(packet(body) + next)
		got, err := readGreeting(r)
		assert.Equal(t, next, r.String(), "what follows stays where it is")
		if i > 0 {
			require.ErrorIs(t, err, errGreeting, "%q", body)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, packet(body), string(got))
	}
	for _, body := range []string{"\xff\x15\x04#28000", "\xff\x15\x04#28000no", "\xff\x15\x04no", "\x09old"} {
		_, err := readGreeting(bytes.NewBufferString(packet(body)))
		assert.NoError(t, err, "%q", body)
	}
	_, err := readGreeting(bytes.NewBufferString("SSH-2.0-OpenSSH_9.6\r\n"))
	require.ErrorIs(t, err, errGreeting)
	_, err = readGreeting(bytes.NewBufferString("\x05\x00\x00\x00\x0a"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestNotAMySQLServer(t *testing.T) {
	b := engine.Bench(t, nil)
	sends := packet("\xff")
	b.Options.Dial = func(context.Context, string, string) (net.Conn, error) {
		return &sent{Reader: bytes.NewBufferString(sends)}, nil
	}
	login := drivertest.LoginError(t, drivertest.Connect(t, b.Connector(t)))
	require.ErrorIs(t, login, errGreeting)
	assert.Equal(t, "server-without-tls", login.Anchor)

	b.Options.Credential = nil
	plain := b.Open(t, "app:s3cret@tcp(127.0.0.1:3306)/orders?tls=false")
	whole := greetings[0]
	for cut := range len(whole) {
		sends = packet(whole[:cut])
		require.ErrorIs(t, drivertest.Connect(t, plain), errGreeting, "without TLS, %d bytes", cut)
	}
}
