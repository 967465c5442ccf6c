package mysql_test

import (
	"database/sql/driver"
	"os"

	"github.com/go-sql-driver/mysql"

	passwordless "github.com/azuredb/passwordless/mysql"
)

func init() {
	mysql.PasswordlessConnector = func(config *mysql.Config) (driver.Connector, error) {
		if config.User != os.Getenv("COMPAT_USER") { // a server that the suite plays itself
			return mysql.NewConnector(config)
		}
		if err := passwordless.Configure(config, os.Getenv("COMPAT_MYSQL"), nil); err != nil {
			return nil, err
		}
		return mysql.NewConnector(config)
	}
}
