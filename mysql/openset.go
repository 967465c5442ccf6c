package mysql

import (
	"net"
	"sync"
)

// openSet counts the open connections of a configuration, so that its token is
// renewed ahead of need only while there are any: go-sql-driver's connector has
// no hook that tells of its own end, but a pool closes its connections then.
type openSet struct {
	setActive func(bool)

	mu    sync.Mutex
	conns map[*guard]struct{} // guarded by mu
}

// newOpenSet returns an empty set, which calls setActive(false) at once, and
// again with each change between empty and not empty.
func newOpenSet(setActive func(bool)) *openSet {
	setActive(false)
	return &openSet{setActive: setActive, conns: map[*guard]struct{}{}}
}

// add returns conn guarded, and in the set until it is closed.
func (s *openSet) add(conn net.Conn) net.Conn {
	g := &guard{Conn: conn}
	g.closed = func() { s.remove(g) }
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[g] = struct{}{}
	if len(s.conns) == 1 {
		s.setActive(true)
	}
	return g.wrapped()
}

func (s *openSet) remove(g *guard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[g]; !ok {
		return
	}
	delete(s.conns, g)
	if len(s.conns) == 0 {
		s.setActive(false)
	}
}
