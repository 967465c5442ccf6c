package main

import (
	"crypto/tls"
	"io"
	"log/slog"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// drivers do what sql.Open does.
var drivers = map[dsn.Engine]func(string, *passwordless.Options) (io.Closer, error){
	dsn.PostgreSQL: func(s string, o *passwordless.Options) (io.Closer, error) { return postgres.NewConnector(s, o) },
	dsn.MySQL:      func(s string, o *passwordless.Options) (io.Closer, error) { return mysql.NewConnector(s, o) },
	dsn.SQLServer:  func(s string, o *passwordless.Options) (io.Closer, error) { return sqlserver.NewConnector(s, o) },
}

// checkDriver returns the error that the driver finds in the parameters that are
// left for it, as it would in sql.Open.
func checkDriver(found *connector.Inspection, s string, environ []string) error {
	if name := found.Config.Params["tls"]; found.Engine == dsn.MySQL && name != "" {
		// Only the program can register it; the name itself may be anything.
		if mysqldriver.RegisterTLSConfig(name, &tls.Config{MinVersion: tls.VersionTLS12}) == nil {
			defer mysqldriver.DeregisterTLSConfig(name)
		}
		found.Warnings = append(found.Warnings, "tls names a configuration that the program must register with go-sql-driver: what it adds is not known here")
	}
	conn, err := drivers[found.Engine](s, &passwordless.Options{
		Environ: func() []string { return environ },
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	return conn.Close()
}
