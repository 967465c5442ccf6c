package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

type bench = drivertest.Bench[postgresfront.Options, *Connector]

// The tests that all drivers have in common are in package drivertest.
var engine = drivertest.New(dsn.PostgreSQL, NewConnector, postgresfront.Start)

func BenchmarkNewConnector(b *testing.B) {
	open := func(s string) (*Connector, error) { return NewConnector(s, nil) }
	bare := func(s string) (any, error) {
		cc, err := pgx.ParseConfig(s)
		if err != nil {
			return nil, err
		}
		return stdlib.GetConnector(*cc), nil
	}
	drivertest.BenchmarkHandles(b, open, bare, "host=srv.postgres.database.azure.com user=app dbname=orders sslmode=require")
}
