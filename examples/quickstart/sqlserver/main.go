// Command sqlserver is the quick start for SQL Server: see examples/quickstart.
//
//	go run ./examples/quickstart/sqlserver
//
// The database is SQLite behind the wire protocol.
package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/examples/internal/quickstart"
	"github.com/azuredb/passwordless/lab/sqlserver"

	// --- copy from here: one import, and one line -------------------------------
	_ "github.com/azuredb/passwordless/sqlserver" // registers "azure-sqlserver"
)

// openDatabase connects to the database that Service Connector's variables
// describe, with no password anywhere.
func openDatabase() (*sql.DB, error) {
	return sql.Open("azure-sqlserver", "") // everything from the environment
}

// --- to here: the rest shows it at work ---------------------------------------

var program = quickstart.Program{
	Database: "SQL Server",
	Open:     openDatabase,
	WhoAmI:   `select @@version, suser_sname()`,
	Insert:   `insert into orders (id, item) values (@p1, @p2)`,
	Read:     `select item from orders where id = @p1`,
	Start:    start,
}

// start has the variables of client type dotnet: for go Service Connector knows no
// identity. On Azure the host is <server>.database.windows.net.
func start(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity, database string) (*quickstart.Server, error) {
	s, err := sqlserver.Start(ctx, cloud, &sqlserver.Options{Users: []string{id.Name}, Database: database})
	if err != nil {
		return nil, err
	}
	return &quickstart.Server{Server: s.Server, Environ: []string{
		fmt.Sprintf("AZURE_SQL_CONNECTIONSTRING=Data Source=%s,%d;Initial Catalog=%s;User ID=%s;Authentication=ActiveDirectoryManagedIdentity",
			s.Host, s.Port, database, id.ClientID),
	}}, nil
}

func main() { quickstart.Main(program) }
