package postgres

import (
	"context"
	"runtime"
	"sync"
	"weak"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// openSet holds the open connections of a pool, so that its token is renewed
// ahead of need only while there are any: pgxpool has no hook that tells of its
// own end, but closes its connections then, and idle ones long before.
//
// pgxpool calls BeforeClose exactly once for each connection whose AfterConnect
// succeeded, except for one that was hijacked: that one leaves the set when it is
// collected.
type openSet struct {
	setActive func(bool)

	mu    sync.Mutex
	conns map[weak.Pointer[pgx.Conn]]struct{} // guarded by mu
}

// newOpenSet returns an empty set, which calls setActive(false) at once, and
// again with each change between empty and not empty.
func newOpenSet(setActive func(bool)) *openSet {
	setActive(false)
	return &openSet{setActive: setActive, conns: map[weak.Pointer[pgx.Conn]]struct{}{}}
}

// follow has the pool of cfg report to the set, after the hooks that are there.
func (s *openSet) follow(cfg *pgxpool.Config) {
	opened, closing := cfg.AfterConnect, cfg.BeforeClose
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if opened != nil {
			if err := opened(ctx, conn); err != nil {
				return err // pgxpool closes conn without a BeforeClose
			}
		}
		s.add(conn)
		return nil
	}
	cfg.BeforeClose = func(conn *pgx.Conn) {
		s.remove(weak.Make(conn))
		if closing != nil {
			closing(conn)
		}
	}
}

func (s *openSet) add(conn *pgx.Conn) {
	key := weak.Make(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[key] = struct{}{}
	if len(s.conns) == 1 {
		s.setActive(true)
	}
	runtime.AddCleanup(conn, s.remove, key)
}

func (s *openSet) remove(key weak.Pointer[pgx.Conn]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[key]; !ok {
		return
	}
	delete(s.conns, key)
	if len(s.conns) == 0 {
		s.setActive(false)
	}
}
