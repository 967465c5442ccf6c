package frontend

import (
	"context"
	"io"
	"net"
	"sync"
)

// Splice copies between the client and an ordinary server until one of them ends
// the session. What comes from the server is read from in, which may hold bytes
// that were read before.
func (c *Conn) Splice(ctx context.Context, server net.Conn, in io.Reader) {
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	var forward sync.WaitGroup
	forward.Go(func() {
		// When the client ends, with or without a word, so does the server, once it
		// has finished what it is doing. An error ends it too.
		_, _ = io.Copy(server, c.In)
		closeWrite(server)
	})
	_, _ = io.Copy(c, in)
	c.Close() // ends the other direction
	server.Close()
	forward.Wait()
}

// closeWrite ends the sending direction of a connection, or all of it where
// one direction cannot be ended alone, as with net.Pipe.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the connection is about to end
		return
	}
	conn.Close()
}
