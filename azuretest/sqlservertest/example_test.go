package sqlservertest_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
)

// A server that calls a good token expired, once, and then sends the client on to
// another server, as the gateway of Azure SQL Database does.
func TestInject(t *testing.T) {
	cloud := azuretest.New(t)
	gateway, node := sqlservertest.New(t, cloud, nil), sqlservertest.New(t, cloud, nil)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	token := cloud.Mint(app, azuretest.SQLAudience)
	config, err := msdsn.Parse(fmt.Sprintf("sqlserver://%s?encrypt=true", gateway.Addr()))
	require.NoError(t, err)
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	require.NoError(t, err)

	gateway.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	_, err = connector.Connect(t.Context())
	var refusal mssql.Error
	require.ErrorAs(t, err, &refusal)
	require.EqualValues(t, 18456, refusal.Number)
	require.Equal(t, "login error: Login failed for user '<token-identified principal>'. Token is expired.", refusal.Message)

	gateway.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: node.Port()})
	conn, err := connector.Connect(t.Context())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Len(t, gateway.Logins(), 2)
	require.Len(t, node.Logins(), 1)
}
