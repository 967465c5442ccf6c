package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-sqlserver"

// openTimeout bounds [Driver.Open], which has no context to obey. A login that
// waits for a first token and for a distant server fits in it.
const openTimeout = time.Minute

func init() { sql.Register(DriverName, Driver{}) }

// Driver is the driver that is registered as "azure-sqlserver". The strings it
// takes are those of [NewConnector]; options need NewConnector itself.
type Driver struct{}

var _ driver.DriverContext = Driver{}

// OpenConnector finds the connection that dsn names and chooses its identity, so
// that [sql.Open] reports a bad string at once. Nothing is sent anywhere before
// the first Connect.
func (Driver) OpenConnector(dsn string) (driver.Connector, error) {
	// Not "return NewConnector": a nil *Connector is not a nil driver.Connector.
	c, err := NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Open opens one connection, within a minute. database/sql uses OpenConnector
// instead; this is for callers of the bare [driver.Driver] interface.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	c, err := NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	// The caller gets no handle to close: nothing is to be renewed on its behalf.
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	return c.Connect(ctx)
}
