package sqlserver

import (
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

type bench = drivertest.Bench[sqlservertest.Options, *Connector]

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.SQLServer, NewConnector, sqlservertest.Start)
