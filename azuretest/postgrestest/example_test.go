package postgrestest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
)

// A server that calls a good token expired, once, and then an impostor with
// another certificate, who must not get to see it.
func ExampleServer_Inject() {
	ctx := context.Background()
	cloud, err := azuretest.Start(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	server, err := postgrestest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	config, err := pgx.ParseConfig(fmt.Sprintf("host=localhost port=%d user=orders-app sslmode=require", server.Port()))
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	config.Password = cloud.Mint(app, azuretest.TokenOptions{})

	server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	_, err = pgx.ConnectConfig(ctx, config)
	var refusal *pgconn.PgError
	fmt.Println(errors.As(err, &refusal), refusal.Message)

	server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	_, err = pgx.ConnectConfig(ctx, config)
	fmt.Println("connected:", err == nil)

	server.Close() // now the record is complete
	for _, login := range server.Logins() {
		fmt.Println("handshake:", login.TLS, "token arrived:", login.PasswordLength > 0)
	}
	// Output:
	// true The access token has expired. Acquire a new token and try again.
	// connected: false
	// handshake: true token arrived: true
	// handshake: false token arrived: false
}
