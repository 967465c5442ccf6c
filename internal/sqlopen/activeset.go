package sqlopen

import "sync"

// ActiveSet holds the open connections of a pool that has no hook to tell of its
// own end, so that its token is renewed ahead of need only while there are any.
// It is safe for concurrent use.
type ActiveSet[K comparable] struct {
	setActive func(bool)

	mu    sync.Mutex
	conns map[K]struct{} // guarded by mu
}

// NewActiveSet returns an empty set, which calls setActive(false) at once, and
// again with each change between empty and not empty.
func NewActiveSet[K comparable](setActive func(bool)) *ActiveSet[K] {
	setActive(false)
	return &ActiveSet[K]{setActive: setActive, conns: map[K]struct{}{}}
}

// Add puts a connection into the set.
func (s *ActiveSet[K]) Add(conn K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
	if len(s.conns) == 1 {
		s.setActive(true)
	}
}

// Remove takes it out again. It may be called more than once.
func (s *ActiveSet[K]) Remove(conn K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[conn]; !ok {
		return
	}
	delete(s.conns, conn)
	if len(s.conns) == 0 {
		s.setActive(false)
	}
}
