// Package gate is the network before a database, which can fail.
package gate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/azuredb/passwordless/lab/internal/engine"
)

const (
	slowLogin = 3 * time.Second // what a slow network adds to each new connection
	holdLimit = time.Minute     // how long a connection that the firewall holds stays open
)

// Gate is a network: clients connect to it, and it to the database. Its methods are safe for concurrent use.
type Gate struct {
	Held engine.Logins // connections that the firewall did not let through at once

	listener net.Listener
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	target string
	slow   bool
	open   chan struct{} // closed while the firewall lets connections through
	conns  map[net.Conn]bool
}

// New listens on a free port of 127.0.0.1 for the database at the address.
func New(target string) (*Gate, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for clients: %w", err)
	}
	g := &Gate{listener: listener, target: target, open: make(chan struct{}), conns: make(map[net.Conn]bool)}
	close(g.open)
	g.ctx, g.stop = context.WithCancel(context.Background())
	g.running.Go(g.accept)
	return g, nil
}

func (g *Gate) accept() {
	for g.ctx.Err() == nil {
		conn, err := g.listener.Accept()
		if err != nil { // the gate is closed, or the process is out of file descriptors, which passes
			g.wait(nil, 5*time.Millisecond)
			continue
		}
		g.running.Go(func() { g.serve(conn) })
	}
}

// serve joins a client to the database until one of them ends.
func (g *Gate) serve(client net.Conn) {
	defer g.keep(client)()
	g.mu.Lock()
	slow, open, target := g.slow, g.open, g.target
	g.mu.Unlock()
	select {
	case <-open:
	default: // inside TLS is who it is
		g.Held.Refuse("", fmt.Errorf("the firewall does not admit %s", client.RemoteAddr()))
	}
	if !g.wait(open, holdLimit) || slow && g.wait(nil, slowLogin) {
		return
	}
	server, err := new(net.Dialer).DialContext(g.ctx, "tcp", target)
	if err != nil {
		return
	}
	defer g.keep(server)()
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		g.running.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // an error is the end of one of them
			ended <- struct{}{}
		})
	}
	<-ended
}

// wait reports whether the channel was closed within d, and false as well when the gate is closed.
func (g *Gate) wait(until <-chan struct{}, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(g.ctx, d)
	defer cancel()
	select {
	case <-until:
		return true
	case <-ctx.Done():
		return false
	}
}

// keep notes a connection for Cut, until forget closes it.
func (g *Gate) keep(conn net.Conn) (forget func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[conn] = true
	if g.ctx.Err() != nil {
		conn.Close()
	}
	return func() {
		conn.Close()
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.conns, conn)
	}
}

// SetSlow delays connections from now on.
func (g *Gate) SetSlow(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slow = on
}

// SetFirewall holds connections from now on, or lets through those that are held.
func (g *Gate) SetFirewall(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if on {
		g.open = make(chan struct{})
	} else {
		close(g.open)
	}
}

// SetTarget leads connections to another address from now on.
func (g *Gate) SetTarget(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.target = address
}

// Cut ends all connections.
func (g *Gate) Cut() { g.CutSome(1) }

// CutSome ends a part of the connections, which are chosen at random.
func (g *Gate) CutSome(part float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.conns {
		if rand.Float64() < part {
			conn.Close()
		}
	}
}

// Port is the one to connect to.
func (g *Gate) Port() int { return g.listener.Addr().(*net.TCPAddr).Port }

// Close ends the gate and all connections.
func (g *Gate) Close() error {
	g.stop()
	err := g.listener.Close()
	g.Cut()
	g.running.Wait()
	return err
}
