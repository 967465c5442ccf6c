package mysqlfront

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestMessagesRoundTrip(t *testing.T) {
	greeting := &greeting{
		version: "10.11.4-MariaDB", connection: 7, scramble: []byte("abcdefghijklmnopqrst"), flags: ownFlags &^ longPassword,
		charset: 8, status: autocommit, reserved: [10]byte{6: 1, 9: 2}, plugin: NativePassword,
	}
	parsed, err := parseGreeting(greeting.encode())
	require.NoError(t, err)
	assert.Equal(t, greeting, parsed)

	for _, flags := range []capabilities{
		neededFlags,
		neededFlags | lenencAuth | connectWithDB | connectAttrs,
	} {
		response := &response{
			flags: flags, maxPacket: 1 << 24, charset: 45, filler: [23]byte{22: 1},
			user: "app@contoso.com", auth: []byte("proof"), plugin: CachingSHA2,
		}
		if flags&connectWithDB != 0 {
			response.database, response.attributes = "orders", "\x01a\x02bc"
			assert.Equal(t, map[string]string{"a": "bc"}, response.parameters())
		}
		parsed, err := parseResponse(response.encode(), ^capabilities(0))
		require.NoError(t, err)
		assert.Equal(t, response, parsed)
	}
}

func TestGreetingErrors(t *testing.T) {
	for _, c := range []struct{ name, message, err string }{
		{"refusal", "\xff\x10\x04Too many connections", "1040 (HY000): Too many connections"},
		{"refusal with state", "\xff\x10\x04#08004Too many connections", "1040 (08004): Too many connections"},
		{"protocol", "\x09 3.20", "protocol version 9"},
		{"empty", "", "protocol version 0"},
		{"short", "\x0a8.0\x00\x01\x00\x00\x00", "malformed greeting"},
		{"old", string((&greeting{scramble: make([]byte, 20)}).encode()), "older than MySQL 5.5.7"},
	} {
		_, err := parseGreeting([]byte(c.message))
		assert.ErrorContains(t, err, c.err, c.name)
	}
}

// A backend that changed since its greeting was read is asked again.
func TestBackendThatChanges(t *testing.T) {
	b, err := parseBackend("owner@tcp(db:3306)/")
	require.NoError(t, err)
	flags := ownFlags
	b.dial = func(context.Context, string, string) (net.Conn, error) {
		client, served := net.Pipe()
		go func() {
			wire := newWire(served, bufio.NewReader(served))
			greeting := greeting{scramble: make([]byte, 20), flags: flags, plugin: NativePassword}
			_ = wire.send(greeting.encode())
			_, _ = wire.receive()
			_ = wire.send([]byte{okPacket, 0, 0, 2, 0, 0, 0})
		}()
		return client, nil
	}
	greeting, err := b.hello(t.Context())
	require.NoError(t, err)
	assert.Equal(t, flags, greeting.flags)
	conn, err := b.connect(t.Context(), response{flags: neededFlags | deprecateEOF}, nil)
	require.NoError(t, err)
	conn.close()

	flags &^= deprecateEOF
	_, err = b.connect(t.Context(), response{flags: neededFlags | deprecateEOF}, nil)
	require.ErrorContains(t, err, "lacks capabilities 0x1000000")
	greeting, err = b.hello(t.Context())
	require.NoError(t, err)
	assert.Equal(t, flags, greeting.flags)
}

func TestParseBackend(t *testing.T) {
	for s, want := range map[string][5]string{
		"user:pass@tcp(127.0.0.1:3306)/db":      {"tcp", "127.0.0.1:3306", "user", "pass", "db"},
		"user:p:a/s@s(1)@unix(/run/my.sock)/db": {"unix", "/run/my.sock", "user", "p:a/s@s(1)", "db"},
		"user@tcp([::1]:3306)/":                 {"tcp", "[::1]:3306", "user", "", ""},
		"tcp(db:3306)/":                         {"tcp", "db:3306", "", "", ""},
	} {
		b, err := parseBackend(s)
		if assert.NoError(t, err, s) {
			assert.Equal(t, want, [5]string{b.network, b.address, b.user, b.password, b.database}, s)
		}
	}
	for _, s := range []string{"", "/", "(/", ")/", "x)/", "tcp(db:3306)", "tcp[db]/", "(db)/"} {
		_, err := parseBackend(s)
		assert.Error(t, err, s)
	}
}

func TestCountParameters(t *testing.T) {
	for sql, want := range map[string]int{
		"":                               0,
		"select ?, ? from t where a=?":   3,
		`select '?', "?", ` + "`?`, ?":   1,
		`select 'it''s ?', ?`:            1,
		`select 'it\'s ?', ?`:            1,
		"select `\\`, ?":                 1,
		"select ? -- ?\n, ?":             2,
		"select ? # ?\n, ?":              2,
		"select 1--?":                    1, // minus minus: MySQL's comments need a blank
		"select ? /* ? */ + /*?*/ ?":     2,
		"select '?":                      0,
		"select /* ?":                    0,
		"select ? --":                    1,
		"insert into t values (?,?)/**/": 2,
		`select '\`:                      0,
	} {
		assert.Equal(t, want, countParameters(sql), sql)
	}
}

func TestBinaryValues(t *testing.T) {
	for _, c := range []struct {
		kind  uint16
		bytes string
		want  any
	}{
		{typeTiny, "\xff", int64(-1)},
		{typeTiny | unsignedBit, "\xff", uint64(255)},
		{typeShort, "\x00\x80", int64(-32768)},
		{typeLong, "\xfe\xff\xff\xff", int64(-2)},
		{typeNull, "", nil},
		{typeBlob, "\x02\x00\x01", []byte{0, 1}},
		{typeVarString, "\xfc\x03\x00abc", "abc"},
	} {
		r := reader{rest: []byte(c.bytes)}
		assert.Equal(t, c.want, r.value(c.kind))
		assert.False(t, r.bad)
		assert.Empty(t, r.rest)
	}
}

func TestInts(t *testing.T) {
	for _, n := range []uint64{0, 250, 251, 1<<16 - 1, 1 << 16, 1<<24 - 1, 1 << 24, 1<<64 - 1} {
		r := reader{rest: appendInt(nil, n)}
		assert.Equal(t, n, r.length())
		assert.False(t, r.bad)
		assert.Empty(t, r.rest)
	}
}

// Whatever comes: an error or a message, no panic.
func FuzzMessages(f *testing.F) {
	f.Add((&greeting{scramble: make([]byte, 20), flags: ownFlags}).encode())
	f.Add((&response{flags: ownFlags, user: "u", auth: []byte("p"), attributes: "\x01a\x01b"}).encode())
	f.Add([]byte("\xff\x10\x04#08004Too many connections"))
	f.Add([]byte("select '?' -- ?\n, ?"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if greeting, err := parseGreeting(message); err == nil {
			again, err := parseGreeting(greeting.encode())
			require.NoError(t, err)
			require.Equal(t, greeting, again)
		}
		if response, err := parseResponse(message, ^capabilities(0)); err == nil {
			response.parameters()
		}
		count := countParameters(string(message))
		require.LessOrEqual(t, count, bytes.Count(message, []byte("?")))
		p := &prepared{parameters: len(message) % 5, types: []uint16{typeDouble}}
		_, _ = p.read(&reader{rest: message})
	})
}

// A client that sends anything at all, at any time, ends with an entry in the
// record, and never with a session.
func FuzzConversation(f *testing.F) {
	ca, err := azuretest.NewCA()
	require.NoError(f, err)
	certificate, err := ca.Issue("localhost")
	require.NoError(f, err)
	packet := func(sequence byte, message []byte) []byte {
		return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(message)))[:3], sequence), message...)
	}
	response := &response{flags: ownFlags &^ ssl, user: "app", plugin: NativePassword}
	f.Add(packet(1, response.encode()))
	f.Add(append(packet(1, response.encode()), packet(3, []byte("password"))...))
	f.Add(append(packet(1, make([]byte, 32)), 0x16, 3, 1))
	f.Add([]byte("\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		server, err := NewPipe(ca, &Options{
			Certificate: certificate, InsecureTransport: true,
			ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "a password that no fuzzer finds"}},
		})
		require.NoError(t, err)
		client, served := net.Pipe()
		_ = client.SetDeadline(time.Now().Add(5 * time.Second))
		done := make(chan struct{})
		go func() {
			defer close(done)
			server.ServeConn(t.Context(), served)
		}()
		go func() { _, _ = client.Write(sent); client.Close() }()
		for b := make([]byte, 1<<10); err == nil; {
			_, err = client.Read(b)
		}
		<-done
		for _, login := range server.Logins() {
			require.Error(t, login.Err)
		}
	})
}
