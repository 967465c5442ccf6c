package mysql

import (
	"database/sql"
	"database/sql/driver"
)

// PasswordlessConnector replaces NewConnector in the tests of this package. It is set by a test of package mysql_test,
// since the library imports this package.
var PasswordlessConnector func(*Config) (driver.Connector, error)

// passwordlessOpen is MySQLDriver.Open.
func passwordlessOpen(s string) (driver.Conn, error) {
	db, err := sql.Open("azure-mysql", s)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Driver().Open(s)
}
