package mysql

import (
	"database/sql"
	"database/sql/driver"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-mysql"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is the driver that is registered as "azure-mysql". The strings it takes
// are those of [NewConnector]; options need NewConnector itself.
type Driver struct{}

var _ driver.DriverContext = Driver{}

// OpenConnector finds the connection that dsn names and chooses its identity, so
// that [sql.Open] reports a bad string at once. Nothing is sent anywhere before
// the first Connect.
func (Driver) OpenConnector(dsn string) (driver.Connector, error) {
	return sqlopen.Connector(NewConnector(dsn, nil))
}

// Open opens one connection, within a minute. database/sql uses OpenConnector
// instead; this is for callers of the bare [driver.Driver] interface.
func (Driver) Open(dsn string) (driver.Conn, error) {
	return sqlopen.Conn(NewConnector(dsn, nil))
}
