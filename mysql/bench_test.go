package mysql

import (
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.MySQL, NewConnector, mysqlfront.Start)
