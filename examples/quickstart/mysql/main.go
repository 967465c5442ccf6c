// Command mysql is the quick start for MySQL: see examples/quickstart.
//
//	go run ./examples/quickstart/mysql
//
// The database is the MariaDB that is installed, or else go-mysql-server inside
// this process, which takes more than a minute to compile for the first time.
package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/examples/internal/quickstart"
	"github.com/azuredb/passwordless/lab/mysql"

	// --- copy from here: one import, and one line -------------------------------
	_ "github.com/azuredb/passwordless/mysql" // registers "azure-mysql"
)

// openDatabase connects to the database that Service Connector's variables
// describe, with no password anywhere.
func openDatabase() (*sql.DB, error) {
	return sql.Open("azure-mysql", "") // everything from the environment
}

// --- to here: the rest shows it at work ---------------------------------------

var program = quickstart.Program{
	Database: "MySQL",
	Open:     openDatabase,
	WhoAmI:   `select version(), current_user()`,
	Insert:   `insert into orders (id, item) values (?, ?)`,
	Read:     `select item from orders where id = ?`,
	Start:    start,
}

// start has the variables of client type go. On Azure the host is
// <server>.mysql.database.azure.com.
func start(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity, database string) (*quickstart.Server, error) {
	s, err := mysql.Start(ctx, cloud, &mysql.Options{Users: []string{id.Name}, Database: database})
	if err != nil {
		return nil, err
	}
	return &quickstart.Server{Server: s.Server, Environ: []string{
		"AZURE_MYSQL_CLIENTID=" + id.ClientID,
		fmt.Sprintf("AZURE_MYSQL_CONNECTIONSTRING=%s@tcp(%s:%d)/%s?tls=true", id.Name, s.Host, s.Port, database),
	}}, nil
}

func main() { quickstart.Main(program) }
