package postgrestest_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	_ "github.com/azuredb/passwordless/postgres"
)

func TestApp(t *testing.T) {
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server := postgrestest.New(t, cloud, nil)
	azuretest.Setenv(t, server.Environ(app)...)

	db, err := sql.Open("azure-postgres", "") // or whatever the app does
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Ping())
	require.Equal(t, "app", server.Logins()[0].User)
}
