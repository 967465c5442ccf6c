package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/postgres"
)

// serviceConnector is what Service Connector sets for a Go app with a
// user-assigned identity. Programs leave Options.Environ alone, which reads the
// process's environment.
func serviceConnector() []string {
	return []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=srv.postgres.database.azure.com dbname=orders sslmode=require user=aad_orders",
		"AZURE_POSTGRESQL_CLIENTID=11111111-1111-1111-1111-111111111111",
	}
}

// Everything comes from the environment: the server, the database, the user and
// the identity.
func Example() {
	db, err := sql.Open("azure-postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var now time.Time
	if err := db.QueryRow("select now()").Scan(&now); err != nil {
		log.Fatal(err)
	}
	fmt.Println(now)
}

func ExampleNewConnector() {
	c, err := postgres.NewConnector("", &passwordless.Options{Environ: serviceConnector, Credential: credential{}})
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()

	status := c.Status()
	fmt.Println(status.Hosts[0].Name, status.Database, status.User)
	fmt.Println(status.Source)
	// Output:
	// srv.postgres.database.azure.com orders aad_orders
	// variable AZURE_POSTGRESQL_CONNECTIONSTRING
}

func ExampleOpenDB() {
	db, err := postgres.OpenDB("connection:orders", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(10)
}

func ExampleNewPool() {
	ctx := context.Background()
	pool, err := postgres.NewPool(ctx, "", &passwordless.Options{Environ: serviceConnector})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	fmt.Println(pool.Config().ConnConfig.Host)
	// Output: srv.postgres.database.azure.com
}

func ExampleConfigurePool() {
	cfg, err := pgxpool.ParseConfig("pool_max_conns=20 application_name=billing")
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.ConfigurePool(cfg, "", &passwordless.Options{Environ: serviceConnector}); err != nil {
		log.Fatal(err)
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	cc := pool.Config().ConnConfig
	fmt.Println(cc.Host, cc.Database, cc.User, cc.RuntimeParams["application_name"])
	// Output: srv.postgres.database.azure.com orders aad_orders billing
}

func ExampleConfigure() {
	cfg, err := pgx.ParseConfig("application_name=billing")
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.Configure(cfg, "", &passwordless.Options{Environ: serviceConnector}); err != nil {
		log.Fatal(err)
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set statement_timeout = '5s'")
		return err
	}))
	defer db.Close() // or pgx.ConnectConfig(ctx, cfg), for one connection

	fmt.Println(cfg.Host, cfg.Database, cfg.User, cfg.RuntimeParams["application_name"])
	// Output: srv.postgres.database.azure.com orders aad_orders billing
}

func ExampleExplain() {
	ctx := context.Background()
	// Nothing listens on port 1.
	pool, err := postgres.NewPool(ctx, "host=localhost port=1 dbname=orders user=aad_orders connect_timeout=5", &passwordless.Options{
		Credential:   credential{},
		TrustedHosts: []string{"localhost"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	err = postgres.Explain(pool.Ping(ctx))
	if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		fmt.Println(failed.Host, failed.User)
		fmt.Println(failed.Hint)
	}
	// Output:
	// localhost:1 aad_orders
	// nothing listens there: check host and port
}

// credential is one of the program's own.
type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "a token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}
