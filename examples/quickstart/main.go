// Command quickstart runs the library's main job end to end on this machine,
// with nothing installed but Go: a PostgreSQL that takes Microsoft Entra tokens,
// an identity endpoint that issues them, and a program that has only Service
// Connector's variables and opens the database with sql.Open.
//
//	go run ./examples/quickstart
//
// The same for MySQL and SQL Server is in the directories mysql and sqlserver;
// what is the same for all is in examples/internal/quickstart.
//
// The database is the PostgreSQL that is installed, or else SQLite behind the wire
// protocol; the output says which. Everything listens on 127.0.0.1, and all of it
// is gone at the end.
package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/examples/internal/quickstart"
	"github.com/azuredb/passwordless/lab/postgres"

	// --- copy from here: one import, and one line -------------------------------
	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

// openDatabase connects to the database that Service Connector's variables
// describe, with no password anywhere.
func openDatabase() (*sql.DB, error) {
	return sql.Open("azure-postgres", "") // everything from the environment
}

// --- to here: the rest shows it at work ---------------------------------------

var program = quickstart.Program{
	Database: "PostgreSQL",
	Open:     openDatabase,
	WhoAmI:   `select version(), current_user`,
	Insert:   `insert into orders (id, item) values ($1, $2)`,
	Read:     `select item from orders where id = $1`,
	Start:    start,
}

// start has the variables of client type go. On Azure the host is
// <server>.postgres.database.azure.com, and there is no port.
func start(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity, database string) (*quickstart.Server, error) {
	s, err := postgres.Start(ctx, cloud, &postgres.Options{Users: []string{id.Name}, Database: database})
	if err != nil {
		return nil, err
	}
	return &quickstart.Server{Server: s.Server, Environ: []string{
		"AZURE_POSTGRESQL_CLIENTID=" + id.ClientID,
		fmt.Sprintf("AZURE_POSTGRESQL_CONNECTIONSTRING=host=%s port=%d dbname=%s sslmode=require user=%s", s.Host, s.Port, database, id.Name),
	}}, nil
}

func main() { quickstart.Main(program) }
