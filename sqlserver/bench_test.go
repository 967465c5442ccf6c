package sqlserver

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// bench is a cloud, a server front end and the options to reach it.
type bench = drivertest.Bench[*azuretest.SQLServer, azuretest.SQLServerOptions, *Connector]

var engine = drivertest.Engine[*azuretest.SQLServer, azuretest.SQLServerOptions, *Connector]{
	DriverName:   DriverName,
	Driver:       Driver{},
	NewConnector: NewConnector,
	OpenDB:       OpenDB,
	StartServer:  azuretest.StartSQLServer,
	NewServer:    azuretest.NewSQLServer,
	Audience:     azuretest.SQLAudience,
	DSN: func(port int, more ...string) string {
		return "server=127.0.0.1;port=" + strconv.Itoa(port) + ";database=orders;" + strings.Join(more, ";")
	},
}
