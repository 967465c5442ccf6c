package azuretest

import (
	"context"
	"errors"
	"net"
	"time"
)

// accept serves each client until the listener is closed.
func (s *PostgresServer) accept(ctx context.Context) {
	for {
		conn, err := s.listener.Accept()
		switch {
		case err == nil:
			s.accepting.Go(func() { s.ServeConn(ctx, conn) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of file descriptors, for example: it passes
			if !pgPause(ctx, 5*time.Millisecond) {
				return
			}
		}
	}
}

// ServeConn serves one client on conn, closes conn and returns when the session
// is over: the client left, ctx ended, or the server was closed. How the login
// went is in [PostgresServer.Logins].
func (s *PostgresServer) ServeConn(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := newPGConn(s, conn)
	defer c.close()
	if !s.open(c, cancel) {
		return
	}
	defer s.forget(c)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c.serve(ctx)
}

// open notes a connection for Close; it reports false once the server is closed.
func (s *PostgresServer) open(c *pgConn, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[c] = cancel
	s.serving.Add(1)
	return true
}

func (s *PostgresServer) forget(c *pgConn) {
	s.mu.Lock()
	delete(s.sessions, c)
	s.mu.Unlock()
	s.serving.Done()
}

// Close stops listening, ends every session and waits for them, and so for the
// Handlers, to return. Afterwards [PostgresServer.Logins] is complete. Closing
// again does nothing.
func (s *PostgresServer) Close() error {
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

// pgPause waits for d; it reports false when ctx ended first.
func pgPause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
