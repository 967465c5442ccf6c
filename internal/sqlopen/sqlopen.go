// Package sqlopen holds what the database/sql drivers of this module do alike.
package sqlopen

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"time"
)

// timeout bounds [Driver.Open], which has no context to obey. A login that waits
// for a first token and for a distant server fits in it.
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

// OpenConnector finds the connection that s names and chooses its identity, so
// that [sql.Open] reports a bad string at once. Nothing is sent anywhere before
// the first Connect.
func (Driver[C, M]) OpenConnector(s string) (driver.Connector, error) {
	var m M
	c, err := m.NewConnector(s)
	if err != nil {
		return nil, err // and not a nil C, which is no nil driver.Connector
	}
	return c, nil
}

// Open opens one connection, within a minute. database/sql uses OpenConnector
// instead; this is for callers of the bare [driver.Driver] interface. They get no
// connector to close, so it is closed: nothing is to be renewed on their behalf.
func (Driver[C, M]) Open(s string) (driver.Conn, error) {
	var m M
	c, err := m.NewConnector(s)
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
