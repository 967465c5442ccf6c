package postgres

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*azuretest.PostgresServer, azuretest.PostgresOptions, *Connector]

var engine = drivertest.Engine[*azuretest.PostgresServer, azuretest.PostgresOptions, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  azuretest.StartPostgres,
	NewServer:    azuretest.NewPostgresServer,
	DSN: func(port int, more ...string) string {
		return "host=127.0.0.1 port=" + strconv.Itoa(port) + " dbname=orders user=app sslmode=require " + strings.Join(more, " ")
	},
}
