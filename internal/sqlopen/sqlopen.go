// Package sqlopen holds what the database/sql drivers of this module do alike.
package sqlopen

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"time"
)

// timeout bounds [Driver.Open], which has no context to obey. A login that waits for
// a first token and a distant server fits in it.
const timeout = time.Minute

// Connector is what the connectors of the drivers have in common.
type Connector interface {
	driver.Connector
	io.Closer
}

// Driver is a [driver.Driver] whose connectors M makes from a string.
type Driver[C Connector, M interface {
	NewConnector(s string) (C, error)
}] struct{}

// OpenConnector finds the connection that s names and chooses its identity, so that
// [sql.Open] reports a bad string at once. Nothing is sent before the first Connect.
// If s is empty and there are no settings at all, only Connect returns that error:
// wrappers open the empty string to find the driver.
func (d Driver[C, M]) OpenConnector(s string) (driver.Connector, error) {
	c, err := (*new(M)).NewConnector(s)
	if _, ok := errors.AsType[interface {
		error
		NoSettings()
	}](err); ok && s == "" {
		return unset{d, err}, nil
	}
	if err != nil {
		return nil, err // and not a nil C, which is no nil driver.Connector
	}
	return c, nil
}

// unset is the connector of a process without settings.
type unset struct {
	driver driver.Driver
	err    error
}

func (u unset) Connect(context.Context) (driver.Conn, error) { return nil, u.err }
func (u unset) Driver() driver.Driver                        { return u.driver }

// Open opens one connection, within a minute, for callers of the bare [driver.Driver]
// interface. They get no connector to close, so no token is renewed on their behalf.
func (Driver[C, M]) Open(s string) (driver.Conn, error) {
	c, err := (*new(M)).NewConnector(s)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.Connect(ctx)
}

// DB is [sql.OpenDB] of a connector that was made without an error.
func DB[C Connector](c C, err error) (*sql.DB, error) {
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// ActiveSet holds the open connections of a pool without a close hook,
// so that its token is renewed ahead of need only while there are any. It is safe
// for concurrent use.
type ActiveSet[K comparable] struct {
	setActive func(bool)

	mu    sync.Mutex
	conns map[K]struct{} // guarded by mu
}

// NewActiveSet returns an empty set, which calls setActive(false) at once, and then
// with each change between empty and not empty.
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
