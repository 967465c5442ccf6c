package sqlserver

import (
	"testing"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

type bench = drivertest.Bench[sqlserverfront.Options, *Connector]

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.SQLServer, NewConnector, sqlserverfront.Start)

func BenchmarkNewConnector(b *testing.B) {
	open := func(s string) (*Connector, error) { return NewConnector(s, nil) }
	bare := func(s string) (any, error) { return mssql.NewConnector(s) }
	drivertest.BenchmarkHandles(b, open, bare, "server=srv.database.windows.net;database=orders")
}
