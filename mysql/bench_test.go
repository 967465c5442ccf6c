package mysql

import (
	"testing"

	gosqldriver "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.MySQL, NewConnector, mysqlfront.Start)

func BenchmarkNewConnector(b *testing.B) {
	open := func(s string) (*Connector, error) { return NewConnector(s, nil) }
	bare := func(s string) (any, error) {
		c, err := gosqldriver.ParseDSN(s)
		if err != nil {
			return nil, err
		}
		return gosqldriver.NewConnector(c)
	}
	drivertest.BenchmarkHandles(b, open, bare, "app@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true")
}
