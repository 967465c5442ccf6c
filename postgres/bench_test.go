package postgres

import (
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

type bench = drivertest.Bench[postgresfront.Options, *Connector]

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.PostgreSQL, NewConnector, postgresfront.Start)
