package postgrestest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
)

// A login with a token, by hand. The driver of this module does the same from
// the variables of Service Connector.
func ExampleStart() {
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

	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=orders-app dbname=orders sslmode=require", server.Host(), server.Port()))
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	config.Password = cloud.Mint(app, azuretest.TokenOptions{})
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(ctx)

	for _, login := range server.Logins() {
		fmt.Println(login.User, login.Database, login.TLS, login.Err)
	}
	// Output: orders-app orders true <nil>
}

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

// A server without sockets, with ordinary passwords and a handler.
func ExampleNewPipe() {
	ctx := context.Background()
	ca, err := azuretest.NewCA()
	if err != nil {
		log.Fatal(err)
	}
	server, err := postgrestest.NewPipe(ca, &postgrestest.Options{
		Names:     []string{"db.test"},
		Passwords: map[string]string{"app": "swordfish"},
		Handler: func(ctx context.Context, s *postgrestest.Session) error {
			for {
				message, err := s.Receive()
				if err != nil {
					return err
				}
				if query, ok := message.(*pgproto3.Query); ok {
					fmt.Println(s.User, "asks:", query.String)
					s.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
				}
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	config, err := pgx.ParseConfig("host=db.test user=app password=swordfish")
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: ca.Pool(), ServerName: "db.test"}
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil }
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		client, served := net.Pipe()
		go server.ServeConn(ctx, served)
		return client, nil
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "select 1", pgx.QueryExecModeSimpleProtocol); err != nil {
		log.Fatal(err)
	}
	// Output: app asks: select 1
}
