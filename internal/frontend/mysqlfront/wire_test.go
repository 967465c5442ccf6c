package mysqlfront_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// A password that no one asked for, outside TLS, is noted, whether it comes with
// the response or after the refusal.
func TestLeakyClients(t *testing.T) {
	b := newBench(t, nil)
	polite := dialRaw(t, b.Server, nil)
	polite.respond(t, "a", mysqlfront.NativePassword, strings.Repeat("x", 20), "")
	assert.Equal(t, "#HY000Connections using insecure transport are prohibited while --require_secure_transport=ON.", polite.refusal(t))
	polite.sequence = 0
	polite.send(t, []byte{1}) // goodbye
	polite.Close()

	early := dialRaw(t, b.Server, nil)
	early.respond(t, "b", "mysql_clear_password", "secret\x00", "")
	assert.Contains(t, early.refusal(t), "insecure transport")
	early.Close()

	late := dialRaw(t, b.Server, nil)
	late.respond(t, "c", mysqlfront.NativePassword, "", "")
	assert.Contains(t, late.refusal(t), "insecure transport")
	late.send(t, []byte("other\x00"))
	late.Close()

	require.Eventually(t, func() bool { return len(b.Server.Plaintext()) == 2 }, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, b.Server.Close())
	assert.Len(t, b.Server.Logins(), 3)
	caught := b.Server.Plaintext()
	require.Len(t, caught, 2)
	for _, login := range caught {
		want := map[string]int{"b": len("secret"), "c": len("other")}
		assert.Equal(t, want[login.User], login.PasswordLength, login.User)
	}
}

// A client may send the clear text at once.
func TestClearTextFirst(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{Verify: func(user, password string) error {
		assert.Equal(t, "a token", password)
		return nil
	}})
	client := dialRaw(t, b.Server, b.Cloud.CA())
	client.respond(t, "a", "mysql_clear_password", "a token\x00", "")
	assert.Equal(t, []byte{0, 0, 0, 2, 0, 0, 0}, client.receive(t))
	assert.Equal(t, len("a token"), b.Server.Logins()[0].PasswordLength)
}

// Clients that do not know DEPRECATE_EOF get the older form of results.
func TestOlderClient(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: echo}})
	client := dialRaw(t, b.Server, b.Cloud.CA())
	client.flags |= flagDB
	client.respond(t, b.ID.Name, "", "", "sales")
	client.receive(t)
	client.send(t, []byte(b.Token))
	require.Equal(t, byte(0), client.receive(t)[0])

	command := func(message string) {
		client.sequence = 0
		client.send(t, []byte(message))
	}
	end := []byte{0xfe, 0, 0, 2, 0}
	command("\x03hello")
	assert.Equal(t, []byte{1}, client.receive(t))
	client.receive(t) // the column
	assert.Equal(t, end, client.receive(t))
	assert.Equal(t, "\x22orders@contoso.com@sales: hello []", string(client.receive(t)))
	assert.Equal(t, end, client.receive(t))

	command("\x16a ? b ?") // prepare
	assert.Equal(t, []byte{0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0}, client.receive(t))
	client.receive(t)
	client.receive(t)
	assert.Equal(t, end, client.receive(t))

	command("\x02other`s") // a change of the database
	assert.Equal(t, []byte{0, 0, 0, 2, 0, 0, 0}, client.receive(t))
	command("\x03hello")
	for range 3 {
		client.receive(t)
	}
	assert.Equal(t, "\x24orders@contoso.com@other`s: hello []", string(client.receive(t)))
	client.receive(t)

	command("\x1b\x00\x00") // set option
	assert.Equal(t, end, client.receive(t))
	command("\x1a\x01\x00\x00\x00") // reset the statement
	assert.Equal(t, byte(0), client.receive(t)[0])
	command("\x0e") // ping
	assert.Equal(t, byte(0), client.receive(t)[0])
	command("\x17\x09\x00\x00\x00\x00\x01\x00\x00\x00") // execute what was not prepared
	assert.Contains(t, client.refusal(t), "Unknown prepared statement handler (9)")
	command("\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00") // execute without values
	assert.Contains(t, client.refusal(t), "Malformed communication packet")
	command("\x1f") // reset the connection
	assert.Equal(t, byte(0), client.receive(t)[0])
	command("\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00") // execute what was forgotten
	assert.Contains(t, client.refusal(t), "Unknown prepared statement handler (1)")
	command("\x11user\x00") // change the user
	assert.Contains(t, client.refusal(t), "Unknown command")
	command("\x01") // goodbye
	_, err := client.in.ReadByte()
	assert.ErrorIs(t, err, io.EOF)
}

func TestMalformedMessages(t *testing.T) {
	flags := func(f uint32) string { return string(binary.LittleEndian.AppendUint32(nil, f)) }
	needed := uint32(flag41 | flagSecure | flagPlugin)
	for _, c := range []struct {
		name, bytes, listed, said string
	}{
		{"cut off head", "\x04\x00", "no response to the greeting: unexpected EOF", ""},
		{"cut off", "\x30\x00\x00\x01abc", "no response to the greeting: unexpected EOF", ""},
		{"sequence", "\x01\x00\x00\x02x", "sequence id 2, want 1", "Got packets out of order"},
		{"too long", "\xff\xff\xff\x01", "the limit is 16777214 bytes", "Got a packet bigger than"},
		{"empty", "\x00\x00\x00\x01", "Bad handshake", "Bad handshake"},
		{"garbage", "\x05\x00\x00\x01hello", "Bad handshake", "Bad handshake"},
		{"older protocol", "\x24\x00\x00\x01" + strings.Repeat("\x00", 36), "Bad handshake", "Bad handshake"},
		{"older client", "\x21\x00\x00\x01" + flags(flag41) + strings.Repeat("\x00", 29), "consider upgrading", "consider upgrading"},
		{"no password", "\x22\x00\x00\x01" + flags(needed) + strings.Repeat("\x00", 28) + "u\x00", "Bad handshake", "Bad handshake"},
		{"short password", "\x24\x00\x00\x01" + flags(needed) + strings.Repeat("\x00", 28) + "u\x00\x20x", "Bad handshake", "Bad handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			client := dialRaw(t, b.Server, nil)
			_, err := client.Write([]byte(c.bytes))
			require.NoError(t, err)
			require.NoError(t, client.Conn.(*net.TCPConn).CloseWrite())
			answer, err := io.ReadAll(client.in)
			require.NoError(t, err)
			assert.Contains(t, string(answer), c.said)
			require.NoError(t, b.Server.Close())
			require.Len(t, b.Server.Logins(), 1)
			assert.ErrorContains(t, b.Server.Logins()[0].Err, c.listed)
		})
	}
}

// TLS that was not offered is refused, and so is a plain response after it was
// asked for.
func TestUnexpectedTLS(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS, Times: 1})
	client := dialRaw(t, b.Server, nil)
	client.flags |= flagSSL
	client.send(t, append(binary.LittleEndian.AppendUint32(nil, client.flags), make([]byte, 28)...))
	assert.Contains(t, client.refusal(t), "Bad handshake")

	other := dialRaw(t, b.Server, nil)
	other.flags |= flagSSL
	other.send(t, append(binary.LittleEndian.AppendUint32(nil, other.flags), make([]byte, 28)...))
	other.respond(t, "a", "mysql_clear_password", "secret\x00", "")
	_, _ = io.ReadAll(other.in) // an alert, or a reset connection
	require.NoError(t, b.Server.Close())
	logins := b.Server.Logins()
	require.Len(t, logins, 2)
	assert.ErrorContains(t, logins[1].Err, "TLS handshake")
}

func TestListsLoginsOnly(t *testing.T) {
	b := newBench(t, nil)
	dialRaw(t, b.Server, nil).Close() // reads the greeting and says nothing
	require.NoError(t, b.Server.Close())
	assert.Empty(t, b.Server.Logins())
}
