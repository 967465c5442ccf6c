package drivertest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
)

const (
	peerPage   = 4 << 10   // the most that a read of a client's gets
	peerAgain  = 3 << 20   // what a peer that repeats itself says in all: more than is read of a login's message, or of all
	peerMemory = 512 << 20 // that a login may take in all, freed or not: 100 MB for the most messages
)

// PeerSecret is the password, or client secret, of logins to a [Peer].
const PeerSecret = "an ordinary c4nary"

// Peer is a hostile server in memory, for fuzz targets. Its connections, one after the other, get what it says as
// fast as they read, and then EOF.
type Peer struct {
	Options *passwordless.Options // to reach it
	Issuer  *Issuer               // of their tokens

	says  []byte
	again bool

	mu    sync.Mutex
	said  int         // guarded by mu
	conns []*PeerConn // guarded by mu
}

// NewPeer returns a server that says so once, or again and again for more than a login may be long.
func NewPeer(says []byte, again bool) *Peer {
	p := &Peer{says: says, again: again}
	p.Issuer = &Issuer{life: time.Hour, mint: func(number int, _ time.Time) string {
		return fmt.Sprintf("%s token, number %d", PeerSecret, number)
	}}
	p.Options = &passwordless.Options{
		Credential:   p.Issuer,
		TrustedHosts: []string{"127.0.0.1"},
		Environ:      func() []string { return nil },
		Dial:         p.dial,
	}
	return p
}

// PeerConn is a client's connection to a peer.
type PeerConn struct {
	net.Conn
	Address string // that was dialled

	peer    *Peer
	closed  bool   // guarded by peer.mu, as what follows
	got     []byte // what the client has read
	sent    []byte // what it has written
	largest int    // the most that it had room for in a read
}

func (p *Peer) dial(_ context.Context, _, address string) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &PeerConn{Address: address, peer: p}
	p.conns = append(p.conns, c)
	return c, nil
}

// Conns are the connections that were made. Nobody may use them any more.
func (p *Peer) Conns() []*PeerConn { return p.conns }

// Got is what the client has read.
func (c *PeerConn) Got() []byte { return c.got }

// Sent is what the client has written.
func (c *PeerConn) Sent() []byte { return c.sent }

// Largest is the most that the client has made room for before a read, in bytes.
func (c *PeerConn) Largest() int { return c.largest }

// Read implements [net.Conn].
func (c *PeerConn) Read(b []byte) (int, error) {
	p := c.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	c.largest = max(c.largest, len(b))
	most := len(p.says)
	if p.again && most > 0 {
		most = peerAgain
	}
	n := 0
	for end := min(len(b), peerPage, most-p.said); n < end; {
		part := copy(b[n:end], p.says[p.said%len(p.says):])
		n, p.said = n+part, p.said+part
	}
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	c.got = append(c.got, b[:n]...)
	return n, nil
}

// Write implements [net.Conn].
func (c *PeerConn) Write(b []byte) (int, error) {
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.sent = append(c.sent, b...)
	return len(b), nil
}

// Close implements [net.Conn].
func (c *PeerConn) Close() error {
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	c.closed = true
	return nil
}

// RemoteAddr implements [net.Conn].
func (c *PeerConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// SetDeadline implements [net.Conn]: nothing waits.
func (c *PeerConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.Conn].
func (c *PeerConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.Conn].
func (c *PeerConn) SetWriteDeadline(time.Time) error { return nil }

// LogIn logs in, closes the connection and returns the error. It must be called in a synctest bubble, which sees a
// goroutine that is left. The test fails if the login waits, leaves a connection or makes room for what is never sent,
// or if its error is none of the library's, has more than a line or has a secret.
func (p *Peer) LogIn(t *testing.T, login func(context.Context) (driver.Conn, error)) error {
	t.Helper()
	start, before := time.Now(), allocated()
	conn, err := login(t.Context())
	assert.Zero(t, time.Since(start), "the login waits")
	assert.Less(t, allocated()-before, uint64(peerMemory))
	if err == nil {
		_ = conn.Close() // of a server that has left, perhaps
	}
	synctest.Wait()
	for _, c := range p.conns {
		assert.True(t, c.closed, "a connection is left: %v", err)
	}
	if err != nil {
		p.requireHarmless(t, err)
	}
	return err
}

// allocated is what the process has allocated so far, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (p *Peer) requireHarmless(t *testing.T, err error) {
	t.Helper()
	_, isLogin := errors.AsType[*passwordless.LoginError](err)
	_, isToken := errors.AsType[*passwordless.TokenError](err)
	require.True(t, isLogin || isToken, "%T %v", err, err)
	text := err.Error()
	assert.Less(t, len(text), 8<<10)
	assert.NotContains(t, text, "\n")
	assert.NotContains(t, strings.ToLower(text), PeerSecret)
}

// RequireTLS checks that what a client has sent is records of TLS's handshake, or alerts, as before the server's
// certificate was verified.
func RequireTLS(t *testing.T, sent []byte) {
	t.Helper()
	const header, changeCipherSpec, handshake = 5, 20, 22
	for len(sent) > 0 {
		require.GreaterOrEqual(t, len(sent), header)
		require.True(t, changeCipherSpec <= sent[0] && sent[0] <= handshake && sent[1] == 3, "% x", sent[:header])
		size := header + int(sent[3])<<8 + int(sent[4])
		require.LessOrEqual(t, size, len(sent))
		sent = sent[size:]
	}
}
