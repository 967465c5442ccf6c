package sqlserver

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/sqlopen"
	"github.com/azuredb/passwordless/internal/tdstls"
)

const (
	preloginBody = "\x01\x00\x06\x00\x01\xff\x02" // ENCRYPTION: none
	preloginSent = "\x12\x01\x00\x0f\x00\x00\x01\x00" + preloginBody
)

// Whatever go-mssqldb writes, nothing leaves before TLS but PRELOGIN, once, that asks for it.
func TestNothingLeavesBeforeTLS(t *testing.T) {
	const login7, fedAuth, sspi, batch = "\x10\x01\x00\x09\x00\x00\x01\x00x", "\x08\x01\x00\x09\x00\x00\x01\x00x", "\x11\x01\x00\x09\x00\x00\x01\x00x", "\x01\x01\x00\x09\x00\x00\x01\x00x"
	const asksForTLS = "\x12\x01\x00\x0f\x00\x00\x01\x00\x01\x00\x06\x00\x01\xff\x01"
	for _, row := range []struct {
		name   string
		writes []string
		leaves string
	}{
		{"prelogin", []string{preloginSent}, asksForTLS},
		{"prelogin twice", []string{preloginSent, preloginSent}, asksForTLS},
		{"login before the answer", []string{preloginSent, login7}, asksForTLS},
		{"token before the answer", []string{preloginSent, fedAuth}, asksForTLS},
		{"SSPI before the answer", []string{preloginSent, sspi}, asksForTLS},
		{"login at once", []string{login7}, ""},
		{"batch at once", []string{batch}, ""},
		{"handshake of its own", []string{"\x16\x03\x01\x00\x05hello"}, ""},
		{"half a header", []string{"\x12\x01\x00"}, ""},
		{"nothing", []string{""}, ""},
		{"prelogin that does not mention TLS", []string{"\x12\x01\x00\x09\x00\x00\x01\x00\xff"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, server := net.Pipe()
			got := make(chan []byte)
			go func() {
				all, _ := io.ReadAll(server)
				got <- all
			}()
			conn := newLoginConn(client, &serverLogin{tls: new(tls.Config)})
			for i, b := range row.writes {
				_, err := conn.Write([]byte(b))
				if i == 0 && row.leaves != "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, errNotTLS)
			}
			require.NoError(t, conn.Close())
			assert.Equal(t, row.leaves, string(<-got))
		})
	}
}

// With TDS 8.0 not even that does.
func TestStrictBeginsWithTLS(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		var first [1]byte
		_, _ = io.ReadFull(server, first[:])
		assert.Equal(t, byte(22), first[0], "a handshake")
		_ = server.Close()
	}()
	conn := newLoginConn(client, &serverLogin{tls: &tls.Config{ServerName: "h"}, strict: true})
	_, err := conn.Write([]byte(preloginSent))
	require.ErrorContains(t, err, handshakeFailed)
}

// What a later go-mssqldb might read otherwise, or an answer has that no login has.
func TestAnswers(t *testing.T) {
	const ack, done = "\xad\x0a\x00\x01\x74\x00\x00\x04\x00\x0c\x00\x07\xd0", "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	const failed, more = "\xfd\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\xfd\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	const message = "\x10\x00\x18\x48\x00\x00\x01\x0e\x01\x00x\x00\x00\x00\x01\x00\x00\x00"
	for name, row := range map[string]struct {
		tokens         string
		granted, wrong bool
	}{
		"granted":                  {ack + done, true, false},
		"refused":                  {"\xaa" + message + failed, false, false},
		"message and grant":        {"\xab" + message + ack + "\xae\x02\x00\x00\x00\x00\xff" + done, true, false},
		"packet size":              {"\xe3\x0b\x00\x04\x04" + "8\x000\x000\x000\x00\x00" + ack + done, true, false},
		"FEDAUTHINFO":              {"\xee\x0d\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x0d\x00\x00\x00", false, false},
		"FEDAUTHINFO with a count": {"\xee\x0d\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00\x0d\x00\x00\x00", false, true},
		"more after FEDAUTHINFO":   {"\xee\x04\x00\x00\x00\x00\x00\x00\x00" + ack, false, true},
		"more after the end":       {ack + done + ack, false, true},
		"no end":                   {ack, false, true},
		"nothing":                  {"", false, true},
		"unknown token":            {"\x79\x00\x00\x00\x00" + done, false, true},
		"too many":                 {more + more + more + more + more + done, false, true},
		"length of another":        {"\xaa\x11" + message[1:] + "\x00" + failed, false, true},
		"unknown change":           {"\xe3\x01\x00\x0e" + done, false, true},
		"packet size of nothing":   {"\xe3\x05\x00\x04\x01" + "1\x00\x00" + ack + done, false, true},
		"huge packet size":         {"\xe3\x0d\x00\x04\x05" + "9\x009\x009\x009\x009\x00\x00" + ack + done, false, true},
		"feature beyond the end":   {ack + "\xae\x02\xff\xff\xff\xff\xff" + done, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			granted, err := checkAnswer([]byte(row.tokens))
			if row.wrong {
				require.ErrorIs(t, err, sqlopen.ErrAnswer)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.granted, granted)
		})
	}
}

// BenchmarkLoginConn is what each write and read of a statement costs more.
func BenchmarkLoginConn(b *testing.B) {
	conn := &loginConn{Conn: &sent{Reader: zeros{}}, versioned: true}
	conn.granted.Store(true)
	packet := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(packet); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(packet); err != nil {
			b.Fatal(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// An answer is kept until it is whole, so one message and all of them have a bound.
func TestAnswersAreBounded(t *testing.T) {
	for name, row := range map[string]struct {
		packet string
		most   int // bytes that are read
	}{
		"a message without an end": {"\x04\x00\x80\x00\x00\x00\x01\x00", sqlopen.MaxMessage},
		"messages without an end":  {"\x04\x01\x80\x00\x00\x00\x01\x00", sqlopen.MaxLogin},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := net.Pipe()
			defer client.Close()
			go func() {
				for packet := append([]byte(row.packet), make([]byte, 1<<15-tdstls.HeaderSize)...); ; {
					if _, err := server.Write(packet); err != nil {
						return
					}
				}
			}()
			conn := newLoginConn(client, new(serverLogin))
			var err error
			for err == nil && int(conn.received) <= row.most {
				_, _, err = conn.receive()
			}
			require.ErrorIs(t, err, sqlopen.ErrTooMuch)
			assert.LessOrEqual(t, int(conn.received), row.most+1<<15)
		})
	}
}
