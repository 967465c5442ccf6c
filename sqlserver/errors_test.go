package sqlserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// sent is a connection whose other end has sent something and reads nothing.
type sent struct {
	net.Conn
	io.Reader
	once   sync.Once
	closed chan struct{}
}

func (s *sent) Read(b []byte) (int, error) { return s.Reader.Read(b) }

func (s *sent) Write(b []byte) (int, error) { return len(b), nil }

func (s *sent) SetDeadline(time.Time) error { return nil }

func (s *sent) Close() error { s.once.Do(func() { close(s.closed) }); return nil }

// packets makes each body a packet of a server's answer.
func packets(bodies ...string) io.Reader {
	var b bytes.Buffer
	for _, body := range bodies {
		header := [8]byte{4, 1}
		binary.BigEndian.PutUint16(header[2:], uint16(len(header)+len(body)))
		b.Write(header[:])
		b.WriteString(body)
	}
	return &b
}

// TestMalformedAnswers hears from who was not verified, or had not to be.
func TestMalformedAnswers(t *testing.T) {
	const (
		encryption = "\x01\x00\x06\x00\x01\xff"
		noTLS      = encryption + "\x02"
		nothing    = "\x01\x00\x06\x00\x00\xff." // an encryption option without a value
		sspi       = "\xed\x01\x00x"
		route      = "\xe3\x0c\x00\x14\x07\x00\x07\x01\x00\x01\x00x\x00\x00\x00" // over an unknown protocol
	)
	for _, row := range []struct {
		name, more string
		answer     []string
	}{
		{"encryption", "", []string{nothing}},
		{"encryption, without TLS", "encrypt=disable", []string{nothing}},
		{"question to a Windows login", "encrypt=disable", []string{noTLS, sspi}},
		{"redirect", "encrypt=disable", []string{noTLS, route}},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn := &sent{Reader: packets(row.answer...), closed: make(chan struct{})}
			c, err := NewConnector("server=db;user id=app;password=s3cret;"+row.more, &passwordless.Options{
				Environ: func() []string { return nil },
				Dial:    func(context.Context, string, string) (net.Conn, error) { return conn, nil },
			})
			require.NoError(t, err)
			defer c.Close()
			err = drivertest.Connect(t, c)
			require.ErrorIs(t, err, sqlopen.ErrAnswer)
			login := drivertest.LoginError(t, err)
			assert.Equal(t, "wrong-server", login.Anchor)
			<-conn.closed
		})
	}
}

func TestOthersPanicsPass(t *testing.T) {
	c, err := NewConnector("server=db;user id=app;password=s3cret", &passwordless.Options{
		Environ: func() []string { return nil },
		Dial:    func(context.Context, string, string) (net.Conn, error) { panic("mine") },
	})
	require.NoError(t, err)
	defer c.Close()
	assert.PanicsWithValue(t, "mine", func() { _ = drivertest.Connect(t, c) })
}
