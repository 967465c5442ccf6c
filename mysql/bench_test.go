package mysql

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*azuretest.MySQLServer, azuretest.MySQLOptions, *Connector]

var engine = drivertest.Engine[*azuretest.MySQLServer, azuretest.MySQLOptions, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  azuretest.StartMySQL,
	NewServer:    azuretest.NewMySQLServer,
	DSN: func(port int, more ...string) string {
		return "app@tcp(127.0.0.1:" + strconv.Itoa(port) + ")/orders?" + strings.Join(append([]string{"tls=true"}, more...), "&")
	},
}
