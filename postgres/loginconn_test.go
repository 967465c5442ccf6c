package postgres

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// A server that sends while it does not read is cut off long before the login's bound: pgx keeps 8 KB for each
// read of what may be one byte.
func TestReadAheadIsBounded(t *testing.T) {
	client, server := net.Pipe()
	conn := &loginConn{Conn: client, done: new(atomic.Bool)}
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, 2))
		written <- err
	}()
	_, err := io.ReadFull(server, make([]byte, 1))
	require.NoError(t, err, "the write waits")
	go func() {
		for err := error(nil); err == nil; {
			_, err = server.Write(make([]byte, 1024))
		}
	}()
	n, err := io.Copy(io.Discard, conn)
	require.ErrorIs(t, err, sqlopen.ErrTooMuch)
	assert.LessOrEqual(t, n, int64(maxAhead+1024))
	require.ErrorIs(t, <-written, sqlopen.ErrTooMuch, "and the write ends with it")
}

// pgx would make room for a message before it has read it.
func TestMessageLengthIsBounded(t *testing.T) {
	for _, row := range []struct {
		sent string
		want error
	}{
		{"N\x00\x10\x00\x00", nil},
		{"N\x00\x10\x00\x01", sqlopen.ErrTooMuch},
		{"R\x00\x00\x10\x00", nil},
		{"R\x00\x00\x10\x01", sqlopen.ErrTooMuch}, // a list of mechanisms
		{"N\x00\x00\x00\x06okN\xff\xff\xff\xff", sqlopen.ErrTooMuch},
	} {
		r := &loginReader{Reader: iotest.OneByteReader(strings.NewReader(row.sent)), done: new(atomic.Bool)}
		_, err := io.ReadAll(r)
		require.ErrorIs(t, err, row.want, "%q", row.sent)
	}
}
