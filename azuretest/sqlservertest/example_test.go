package sqlservertest_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/internal/tds"
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
	server, err := sqlservertest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	token := cloud.Mint(app, azuretest.TokenOptions{Audience: azuretest.SQLAudience})

	config, err := msdsn.Parse(fmt.Sprintf("sqlserver://%s?database=orders&encrypt=true", server.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		log.Fatal(err)
	}
	for _, login := range server.Logins() {
		fmt.Println(login.User, login.Database, login.Parameters["tds version"], login.TLS, login.Err)
	}
	// Output: orders-app orders 7.4 true <nil>
}

// A server that calls a good token expired, once, and then sends the client on to
// another server, as the gateway of Azure SQL Database does.
func ExampleRoute() {
	ctx := context.Background()
	cloud, err := azuretest.Start(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	gateway, err := sqlservertest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	node, err := sqlservertest.Start(cloud, nil)
	if err != nil {
		log.Fatal(err)
	}
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	token := cloud.Mint(app, azuretest.TokenOptions{Audience: azuretest.SQLAudience})
	config, err := msdsn.Parse(fmt.Sprintf("sqlserver://%s?encrypt=true", gateway.Addr()))
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	if err != nil {
		log.Fatal(err)
	}

	gateway.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	_, err = connector.Connect(ctx)
	var refusal mssql.Error
	fmt.Println(errors.As(err, &refusal), refusal.Number, refusal.Message)

	gateway.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: node.Port()})
	conn, err := connector.Connect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	conn.Close()
	fmt.Println("gateway:", len(gateway.Logins()), "node:", len(node.Logins()))
	// Output:
	// true 18456 login error: Login failed for user '<token-identified principal>'. Token is expired.
	// gateway: 2 node: 1
}

// A server without sockets, with ordinary passwords and a handler.
func ExampleNewPipe() {
	ctx := context.Background()
	ca, err := azuretest.NewCA()
	if err != nil {
		log.Fatal(err)
	}
	server, err := sqlservertest.NewPipe(ca, &sqlservertest.Options{
		Names:     []string{"db.test"},
		Passwords: map[string]string{"app": "swordfish"},
		Handler: func(_ context.Context, s *tds.Session) error {
			for {
				request, err := s.Receive()
				if err != nil {
					return err
				}
				if batch, ok := request.(*tds.Batch); ok {
					fmt.Println(s.User, "asks:", batch.SQL)
				}
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	config, err := msdsn.Parse("sqlserver://app:swordfish@db.test:1433?encrypt=true")
	if err != nil {
		log.Fatal(err)
	}
	config.TLSConfig = &tls.Config{RootCAs: ca.Pool(), ServerName: "db.test"}
	connector := mssql.NewConnectorConfig(config)
	connector.Dialer = pipeTo{server}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(ctx, "delete from orders"); err != nil {
		log.Fatal(err)
	}
	// Output: app asks: delete from orders
}

// pipeTo dials a server without sockets. go-mssqldb looks no name up if the dialer
// says that it has a name of its own.
type pipeTo struct{ server *sqlservertest.Server }

func (p pipeTo) HostName() string { return "db.test" }

func (p pipeTo) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, served := net.Pipe()
	go p.server.ServeConn(context.WithoutCancel(ctx), served)
	return client, nil
}
