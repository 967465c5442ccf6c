package sqlserver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/sqlserver"
)

// serviceConnector is what Service Connector sets for a .NET app with a
// user-assigned identity; for Go it has no passwordless form. Programs leave
// Options.Environ alone, which reads the process's environment.
func serviceConnector() []string {
	return []string{
		"AZURE_SQL_CONNECTIONSTRING=Data Source=srv.database.windows.net,1433;Initial Catalog=orders;" +
			"User ID=11111111-1111-1111-1111-111111111111;Authentication=ActiveDirectoryManagedIdentity",
	}
}

// Everything comes from the environment: the server, the database and the
// identity.
func Example() {
	db, err := sql.Open("azure-sqlserver", "")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var now time.Time
	if err := db.QueryRow("select sysdatetimeoffset()").Scan(&now); err != nil {
		log.Fatal(err)
	}
	fmt.Println(now)
}

func ExampleNewConnector() {
	c, err := sqlserver.NewConnector("", &passwordless.Options{Environ: serviceConnector})
	if err != nil {
		log.Fatal(err)
	}
	c.SessionInitSQL = "SET XACT_ABORT ON"
	db := sql.OpenDB(c)
	defer db.Close()

	status := c.Status()
	fmt.Println(status.Hosts[0].Name, status.Database)
	fmt.Println(status.Identity)
	fmt.Println(status.Source)
	// Output:
	// srv.database.windows.net orders
	// user-assigned managed identity (client ID 11111111-1111-1111-1111-111111111111)
	// variable AZURE_SQL_CONNECTIONSTRING
}

func ExampleOpenDB() {
	db, err := sqlserver.OpenDB("connection:orders", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(10)
}

// Rows are copied in bulk over the native connection.
func ExampleRaw() {
	ctx := context.Background()
	db, err := sql.Open("azure-sqlserver", "")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	err = sqlserver.Raw(conn, func(native *mssql.Conn) error {
		bulk := native.CreateBulkContext(ctx, "dbo.orders", []string{"id", "item"})
		for id, item := range []string{"pencil", "paper"} {
			if err := bulk.AddRow([]any{id, item}); err != nil {
				return err
			}
		}
		copied, err := bulk.Done()
		fmt.Println(copied, "rows copied")
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleConnector_Connect() {
	// Nothing listens on port 1.
	db, err := sqlserver.OpenDB("server=localhost;port=1;database=orders", &passwordless.Options{
		Credential:   credential{},
		TrustedHosts: []string{"localhost"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	err = db.Ping()
	if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		fmt.Println(failed.Host, failed.Database)
		fmt.Println(failed.Hint)
	}
	// Output:
	// localhost:1 orders
	// nothing listens there: check host and port
}

// credential is one of the program's own.
type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "a token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}
