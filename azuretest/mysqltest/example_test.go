package mysqltest_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
)

// A server with ordinary passwords that answers statements.
func TestQuery(t *testing.T) {
	cloud := azuretest.New(t)
	server := mysqltest.New(t, cloud, &azuretest.ServerOptions{
		Passwords: map[string]string{"app": "secret"},
		Query: func(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
			return azuretest.Result{
				Columns: []string{"statement", "arguments"},
				Rows:    [][]any{{s.SQL, len(s.Args)}},
			}, nil
		},
	})
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd = "tcp", server.Addr(), "app", "secret"
	config.TLS = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()

	var statement string
	var arguments int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT ? + ?", 1, 2).Scan(&statement, &arguments))
	require.Equal(t, "SELECT ? + ?", statement)
	require.Equal(t, 2, arguments)
}
