package mysql

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*mysqltest.Server, mysqltest.Options, *Connector]

var engine = drivertest.Engine[*mysqltest.Server, mysqltest.Options, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  mysqltest.Start,
	NewServer:    mysqltest.NewPipe,
	DSN: func(port int, more ...string) string {
		return "app@tcp(127.0.0.1:" + strconv.Itoa(port) + ")/orders?" + strings.Join(append([]string{"tls=true"}, more...), "&")
	},
}
