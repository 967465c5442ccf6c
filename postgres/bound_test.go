package postgres

import (
	"io"
	"net"
	"sync/atomic"
	"testing"

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
