package mysqltest_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"log"
	"net"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
)

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
