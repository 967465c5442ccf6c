package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// bound has what a server sends bounded until the login with cc is done: pgx makes
// room for messages of 1 GB before it has read them.
// Nor does the login last longer than ctx.
func bound(ctx context.Context, cc *pgx.ConnConfig) {
	dial, l := cc.DialFunc, &boundLogin{stop: func() {}}
	cc.DialFunc = func(own context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(own, network, address)
		if err != nil || l.done.Load() { // done: a request to cancel a query
			return conn, err
		}
		// pgx cancels a login in the background while it tries the next host: each connection has its own watch.
		return &watchedConn{loginConn{Conn: conn, done: &l.done}, sqlopen.CloseAfter(ctx, unfinished{conn, &l.done})}, nil
	}
	l.bound(&cc.Config)
}

// watchedConn is closed after the login's context, unless the login is done by then.
type watchedConn struct {
	loginConn
	stop func()
}

// Close closes the connection.
func (c *watchedConn) Close() error {
	c.stop()
	return c.loginConn.Close()
}

// unfinished closes a connection whose login is not done.
type unfinished struct {
	net.Conn
	done *atomic.Bool
}

// Close closes the connection, if the login is not done.
func (c unfinished) Close() error {
	if c.done.Load() {
		return nil
	}
	return c.Conn.Close()
}

// boundLogin is the state of a login whose bounds end with it.
type boundLogin struct {
	done atomic.Bool
	stop func() // ends the watch over the context
}

// bound bounds what is read through config, the login's own.
func (l *boundLogin) bound(config *pgconn.Config) {
	build, after := config.BuildFrontend, config.AfterConnect
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		if l.done.Load() { // of a hijacked connection that is put together again
			return build(r, w)
		}
		return build(&loginReader{Reader: r, done: &l.done}, w)
	}
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		l.done.Store(true)
		l.stop()
		if after == nil {
			return nil
		}
		return after(ctx, conn)
	}
}

// recovered is one of pgx's checks for target_session_attrs, with its panics as errors: it looks at a row that the
// server may not have sent, and what is out of turn ends in a panic with a text. Nothing recovers those of a pool.
func recovered(check pgconn.ValidateConnectFunc) pgconn.ValidateConnectFunc {
	if check == nil {
		return nil
	}
	return func(ctx context.Context, conn *pgconn.PgConn) (err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("%w: %v", sqlopen.ErrAnswer, cause)
			}
		}()
		return check(ctx, conn)
	}
}

// maxAhead bounds what is read while a write waits. Each read of pgx's then takes 8 KB, and TLS may give it one
// byte of 22. An honest server says next to nothing before it has read.
const maxAhead = 64 << 10

// maxRequest bounds a request for authentication, of which each two bytes may be a mechanism for pgx to keep.
const maxRequest = 4 << 10

// loginConn bounds what is read in all: pgx reads ahead while a write takes long, without an end.
type loginConn struct {
	net.Conn
	done            *atomic.Bool
	received, ahead sqlopen.Received
	writing         atomic.Bool
	refused         atomic.Bool // the server has sent too much, and the connection is closed
}

// Read is the connection's.
func (c *loginConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil || c.done.Load() {
		return n, err
	}
	if err = c.received.Add(n, 2*sqlopen.MaxMessage); err == nil && c.writing.Load() {
		err = c.ahead.Add(n, maxAhead)
	}
	if err != nil {
		c.refused.Store(true)
		_ = c.Conn.Close() // so that the write ends, too
	}
	return n, err
}

// Write is the connection's.
func (c *loginConn) Write(b []byte) (int, error) {
	c.writing.Store(true)
	defer c.writing.Store(false)
	n, err := c.Conn.Write(b)
	if err != nil && c.refused.Load() {
		err = sqlopen.ErrTooMuch
	}
	return n, err
}

// loginReader reads messages that are no longer than those of a login, until that is done.
type loginReader struct {
	io.Reader
	done   *atomic.Bool
	header []byte // of the next message, as far as it was read
	rest   int    // of the present message
}

// Read is the reader's. It looks at the length of a message before pgx does.
func (r *loginReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if r.done.Load() {
		return n, err
	}
	if tooMuch := r.look(b[:n]); tooMuch != nil {
		return 0, tooMuch
	}
	return n, err
}

func (r *loginReader) look(b []byte) error {
	for len(b) > 0 {
		n := min(r.rest, len(b))
		r.rest, b = r.rest-n, b[n:]
		n = min(headerSize-len(r.header), len(b))
		r.header, b = append(r.header, b[:n]...), b[n:]
		if len(r.header) < headerSize {
			return nil
		}
		length := binary.BigEndian.Uint32(r.header[1:])
		if length > sqlopen.MaxMessage || r.header[0] == 'R' && length > maxRequest {
			return sqlopen.ErrTooMuch
		}
		r.rest, r.header = max(int(length)-4, 0), r.header[:0]
	}
	return nil
}

const headerSize = 1 + 4 // a message's type and its length, which counts itself
