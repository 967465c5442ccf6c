package mysqltest_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
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
	server, err := mysqltest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})

	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", server.Addr(), "orders"
	config.User, config.Passwd = "orders-app", cloud.Mint(app, azuretest.TokenOptions{})
	config.AllowCleartextPasswords = true
	config.TLS = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		log.Fatal(err)
	}

	for _, login := range server.Logins() {
		fmt.Println(login.User, login.Database, login.TLS, login.Err)
	}
	// Output: orders-app orders true <nil>
}

// A refusal with a number of one's own, once.
func ExampleServerFault_mySQL() {
	cloud, err := azuretest.Start(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	server, err := mysqltest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", server.Addr()
	config.User, config.Passwd = "orders-app", cloud.Mint(app, azuretest.TokenOptions{})
	config.AllowCleartextPasswords = true
	config.TLS = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()

	server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &mysqltest.Error{Number: 1040, State: "08004", Message: "Too many connections"}, Times: 1})
	err = db.Ping()
	var refusal *mysql.MySQLError
	fmt.Println(errors.As(err, &refusal), err)
	fmt.Println(db.Ping())
	// Output:
	// true Error 1040 (08004): Too many connections
	// <nil>
}

// A server without sockets, with ordinary passwords, that answers statements.
func ExampleNewPipe() {
	ctx := context.Background()
	ca, err := azuretest.NewCA()
	if err != nil {
		log.Fatal(err)
	}
	server, err := mysqltest.NewPipe(ca, &mysqltest.Options{
		Passwords: map[string]string{"app": "secret"},
		Query: func(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
			return azuretest.Result{
				Columns: []string{"statement", "arguments"},
				Rows:    [][]any{{s.SQL, len(s.Args)}},
			}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	config := mysql.NewConfig()
	config.User, config.Passwd = "app", "secret"
	config.TLS = &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		client, served := net.Pipe()
		go server.ServeConn(context.WithoutCancel(ctx), served)
		return client, nil
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var statement string
	var arguments int
	if err := db.QueryRowContext(ctx, "SELECT ? + ?", 1, 2).Scan(&statement, &arguments); err != nil {
		log.Fatal(err)
	}
	fmt.Println(statement, arguments)
	// Output: SELECT ? + ? 2
}
