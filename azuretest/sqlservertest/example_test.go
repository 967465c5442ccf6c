package sqlservertest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
)

// A server that calls a good token expired, once, and then sends the client on to
// another server, as the gateway of Azure SQL Database does.
func ExampleServer_Inject() {
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
	var serverError mssql.Error
	fmt.Println(errors.As(err, &serverError), serverError.Number, serverError.Message)

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
