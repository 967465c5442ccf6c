// Package sqlopen holds what the database/sql drivers of this module do alike.
package sqlopen

import (
	"context"
	"database/sql/driver"
	"io"
	"time"
)

// timeout bounds [Conn], which has no context to obey. A login that waits for a
// first token and for a distant server fits in it.
const timeout = time.Minute

// Connector returns c for [driver.DriverContext]. A nil *C would not be a nil
// [driver.Connector].
func Connector[C driver.Connector](c C, err error) (driver.Connector, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Conn opens one connection with c, within a minute, for callers of the bare
// [driver.Driver] interface. They get no c to close, so c is closed: nothing is to
// be renewed on their behalf.
func Conn[C interface {
	driver.Connector
	io.Closer
}](c C, err error) (driver.Conn, error) {
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.Connect(ctx)
}
