package postgres

import (
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

type bench = drivertest.Bench[postgrestest.Options, *Connector]

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.PostgreSQL, NewConnector, postgrestest.Start)
