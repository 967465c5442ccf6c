package postgres

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*postgrestest.Server, postgrestest.Options, *Connector]

var engine = drivertest.Engine[*postgrestest.Server, postgrestest.Options, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  postgrestest.Start,
	NewServer:    postgrestest.NewPipe,
	DSN: func(port int, more ...string) string {
		return "host=127.0.0.1 port=" + strconv.Itoa(port) + " dbname=orders user=app sslmode=require " + strings.Join(more, " ")
	},
}
