package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	driver "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/mysql"
)

// serviceConnector is what Service Connector sets for a Go app with a
// user-assigned identity. Programs leave Options.Environ alone, which reads the
// process's environment.
func serviceConnector() []string {
	return []string{
		"AZURE_MYSQL_CONNECTIONSTRING=aad_orders@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true",
		"AZURE_MYSQL_CLIENTID=11111111-1111-1111-1111-111111111111",
	}
}

// Everything comes from the environment: the server, the database, the user and
// the identity.
func Example() {
	db, err := sql.Open("azure-mysql", "")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var version string
	if err := db.QueryRow("select version()").Scan(&version); err != nil {
		log.Fatal(err)
	}
	fmt.Println(version)
}

func ExampleNewConnector() {
	c, err := mysql.NewConnector("", &passwordless.Options{Environ: serviceConnector, Credential: credential{}})
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()

	status := c.Status()
	fmt.Println(status.Hosts[0].Name, status.Database, status.User)
	fmt.Println(status.Source)
	// Output:
	// srv.mysql.database.azure.com orders aad_orders
	// variable AZURE_MYSQL_CONNECTIONSTRING
}

func ExampleOpenDB() {
	db, err := mysql.OpenDB("connection:orders", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(10)
}

// driver is github.com/go-sql-driver/mysql.
func ExampleConfigure() {
	cfg := driver.NewConfig()
	cfg.ParseTime = true
	if err := mysql.Configure(cfg, "", &passwordless.Options{Environ: serviceConnector}); err != nil {
		log.Fatal(err)
	}
	c, err := driver.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()

	fmt.Println(cfg.Addr, cfg.DBName, cfg.User, cfg.ParseTime)
	// Output: srv.mysql.database.azure.com:3306 orders aad_orders true
}

func ExampleExplain() {
	cfg := driver.NewConfig()
	// Nothing listens on port 1.
	err := mysql.Configure(cfg, "aad_orders@tcp(localhost:1)/orders", &passwordless.Options{
		Credential:   credential{},
		TrustedHosts: []string{"localhost"},
	})
	if err != nil {
		log.Fatal(err)
	}
	c, err := driver.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()

	err = mysql.Explain(db.Ping())
	if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		fmt.Println(failed.Hint)
	}
	// Output: nothing listens there: check host and port
}

// credential is one of the program's own.
type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "a token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}
