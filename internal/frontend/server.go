package frontend

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"github.com/azuredb/passwordless/azuretest"
	"net"
	"strconv"
	"sync"
	"time"
)

// Server is what the login front ends of all engines have in common: the
// listener, the life of the connections, the certificate, the faults and the
// record. Its methods are safe for concurrent use.
type Server struct {
	Ca          *azuretest.CA
	names       []string        // in the certificate
	certificate tls.Certificate // of a server without a fault
	Faults      faultList
	Record      loginRecord

	// serve speaks the engine's protocol with one client and closes conn.
	serve func(ctx context.Context, conn net.Conn)

	listener  net.Listener // nil for a server that only has ServeConn
	accepting sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	stop     context.CancelFunc              // ends the accepted sessions; nil without a listener
	sessions map[net.Conn]context.CancelFunc // open connections
	serving  sync.WaitGroup                  // one for each of them
}

// Init completes a front end that listens nowhere yet. Names nil: localhost. A
// certificate without content: the authority issues one.
func (f *Server) Init(ca *azuretest.CA, names []string, certificate tls.Certificate, serve func(context.Context, net.Conn)) error {
	f.Ca, f.names, f.certificate, f.serve = ca, names, certificate, serve
	f.sessions = make(map[net.Conn]context.CancelFunc)
	if f.names == nil {
		f.names = []string{"localhost", "127.0.0.1"}
	}
	if len(f.certificate.Certificate) > 0 {
		return nil
	}
	var err error
	f.certificate, err = ca.Issue(f.names...)
	return err
}

// Listen serves clients on a free port of 127.0.0.1.
func (f *Server) Listen() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("azuretest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f.listener, f.stop = listener, stop
	f.accepting.Go(func() { f.accept(ctx) })
	return nil
}

// accept serves each client until the listener is closed.
func (f *Server) accept(ctx context.Context) {
	for {
		conn, err := f.listener.Accept()
		switch {
		case err == nil:
			f.accepting.Go(func() { f.ServeConn(ctx, conn) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of file descriptors, for example: it passes
			if !Pause(ctx, 5*time.Millisecond) {
				return
			}
		}
	}
}

// ServeConn serves one client on conn, closes conn and returns when the session
// is over: the client left, ctx ended, or the server was closed. How the login
// went is in Logins.
func (f *Server) ServeConn(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !f.open(conn, cancel) {
		conn.Close()
		return
	}
	defer f.forget(conn)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	f.serve(ctx, conn)
}

// open notes a connection for Close; it reports false once the server is closed.
func (f *Server) open(conn net.Conn, cancel context.CancelFunc) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.sessions[conn] = cancel
	f.serving.Add(1)
	return true
}

func (f *Server) forget(conn net.Conn) {
	f.mu.Lock()
	delete(f.sessions, conn)
	f.mu.Unlock()
	f.serving.Done()
}

// Close stops listening, ends every session and waits for them, and so for the
// Handlers, to return. Afterwards Logins is complete. Closing again does nothing.
func (f *Server) Close() error {
	f.mu.Lock()
	first := !f.closed
	f.closed = true
	for _, cancel := range f.sessions {
		cancel()
	}
	f.mu.Unlock()

	var err error
	if first && f.listener != nil {
		err = f.listener.Close()
		f.stop()
	}
	f.accepting.Wait()
	f.serving.Wait()
	return err
}

// Addr is the address to connect to, such as "127.0.0.1:40123"; "" for a server
// that does not listen.
func (f *Server) Addr() string {
	if f.listener == nil {
		return ""
	}
	return f.listener.Addr().String()
}

// Host is the address to connect to without its port.
func (f *Server) Host() string {
	host, _, _ := net.SplitHostPort(f.Addr()) // "" for ""
	return host
}

// Port is the TCP port; 0 for a server that does not listen.
func (f *Server) Port() int {
	_, port, _ := net.SplitHostPort(f.Addr())
	n, _ := strconv.Atoi(port) // 0 for ""
	return n
}

// Inject adds a fault, which later connections meet, and open ones that have not
// reached the point where it acts. Of several faults that act at the same point
// the one injected first acts. Calling remove, also more than once, ends it.
func (f *Server) Inject(fault azuretest.ServerFault) (remove func()) {
	return f.Faults.add(fault)
}
