package sqlserver

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*sqlservertest.Server, sqlservertest.Options, *Connector]

var engine = drivertest.Engine[*sqlservertest.Server, sqlservertest.Options, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  sqlservertest.Start,
	NewServer:    sqlservertest.NewPipe,
	Audience:     azuretest.SQLAudience,
	DSN: func(port int, more ...string) string {
		return "server=127.0.0.1;port=" + strconv.Itoa(port) + ";database=orders;" + strings.Join(more, ";")
	},
}
