// Package frontend is what the login front ends of azuretest share: the listener,
// the connections and their life, TLS, faults, the logins that are kept, and
// statements.
package frontend

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// Config is what an engine's front end is made of.
type Config struct {
	Cloud       *azuretest.Cloud // nil for a server that only has ServeConn
	CA          *azuretest.CA
	Options     azuretest.ServerOptions
	Certificate tls.Certificate                 // default: one that CA issues for the names
	Verify      func(user, secret string) error // decides on a token; if nil, CloudVerify
	Handler     bool                            // sessions have one: there is neither Backend nor Query

	Engine      string                                                 // such as "PostgreSQL"
	Faults      []azuretest.ServerFaultKind                            // that only this engine has
	IsError     func(error) bool                                       // whether a client of the engine can be told the error
	Protocol    func(*Conn) Protocol                                   // of a new client
	CloudVerify func(cloud *azuretest.Cloud, user, token string) error // with the engine's texts

	Variables string                                          // what the names of Service Connector's variables begin with
	Setting   func(host string, port int, user string) string // the connection string in them
}

// Server implements [azuretest.Server].
type Server struct {
	config Config
	faults faults
	logins logins
	caFile func() string

	listener  net.Listener // nil for a server that only has ServeConn
	accepting sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	stop     context.CancelFunc              // ends the accepted sessions; nil without a listener
	sessions map[net.Conn]context.CancelFunc // open connections
	serving  sync.WaitGroup                  // one for each of them
}

// OrDefaults is what o points at, and all defaults if it is nil.
func OrDefaults[O any](o *O) O {
	if o == nil {
		return *new(O)
	}
	return *o
}

// Must starts a front end for one test, which it fails if that is impossible.
func Must[S, O any](tb testing.TB, start func(*azuretest.Cloud, *O) (*S, error), cloud *azuretest.Cloud, o *O) *S {
	tb.Helper()
	s, err := start(cloud, o)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return s
}

// Init makes a front end, which serves clients on a free port of 127.0.0.1 until
// its cloud, if it has one, is closed.
func Init(s *Server, config Config) error {
	s.config, s.sessions = config, make(map[net.Conn]context.CancelFunc)
	o := &s.config.Options
	if o.Names == nil {
		o.Names = []string{"localhost", "127.0.0.1"}
	}
	ends := 0
	for _, set := range []bool{o.Backend != "", o.Query != nil, config.Handler} {
		if set {
			ends++
		}
	}
	if config.Verify == nil && config.Cloud != nil {
		s.config.Verify = func(user, token string) error { return config.CloudVerify(config.Cloud, user, token) }
	}
	switch {
	case s.config.Verify == nil && len(o.Passwords) == 0:
		return fmt.Errorf("azuretest: %s: Verify or Passwords must be set without a cloud", config.Engine)
	case ends > 1:
		return fmt.Errorf("azuretest: %s: Backend, Query and Handler exclude each other", config.Engine)
	}
	if len(config.Certificate.Certificate) == 0 {
		var err error
		if s.config.Certificate, err = config.CA.Issue(o.Names...); err != nil {
			return err
		}
	}
	if config.Cloud == nil {
		return nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("azuretest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.listener, s.stop, s.caFile = listener, stop, sync.OnceValue(s.writeCA)
	s.accepting.Go(func() { s.accept(ctx) })
	return config.Cloud.AtClose(s.Close)
}

// accept serves each client until the listener is closed.
func (s *Server) accept(ctx context.Context) {
	for {
		conn, err := s.listener.Accept()
		switch {
		case err == nil:
			first := s.atFirst() // here, so that the faults meet clients in their order
			s.accepting.Go(func() { s.serve(ctx, conn, first) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of file descriptors, for example: it passes
			if !pause(ctx, 5*time.Millisecond) {
				return
			}
		}
	}
}

// ServeConn is described at [azuretest.Server], as are the other methods.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) { s.serve(ctx, conn, s.atFirst()) }

func (s *Server) serve(ctx context.Context, conn net.Conn, first firstFaults) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !s.open(conn, cancel) {
		conn.Close()
		return
	}
	defer s.forget(conn)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	newConn(s, conn, first).serve(ctx)
}

// open notes a connection for Close; it reports false once the server is closed.
func (s *Server) open(conn net.Conn, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[conn] = cancel
	s.serving.Add(1)
	return true
}

func (s *Server) forget(conn net.Conn) {
	s.mu.Lock()
	delete(s.sessions, conn)
	s.mu.Unlock()
	s.serving.Done()
}

// Close ends the server.
func (s *Server) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	for _, cancel := range s.sessions {
		cancel()
	}
	s.mu.Unlock()

	var err error
	if first && s.listener != nil {
		err = s.listener.Close()
		s.stop()
	}
	s.accepting.Wait()
	s.serving.Wait()
	return err
}

// Addr is host and port; "" for a server that does not listen.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Host is the address without its port.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr()) // "" for ""
	return host
}

// Port is the TCP port; 0 for a server that does not listen.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.Addr())
	n, _ := strconv.Atoi(port) // 0 for ""
	return n
}
