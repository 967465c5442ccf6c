package cloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

func TestNear(t *testing.T) {
	for _, row := range []struct {
		engine     dsn.Engine
		host, want string
	}{
		{dsn.PostgreSQL, "S.postgres.database.azure.con", "s.postgres.database.azure.com"},
		{dsn.PostgreSQL, "s.postgre.database.azure.com", "s.postgres.database.azure.com"},
		{dsn.PostgreSQL, "s.postgresql.database.azure.com", "s.postgres.database.azure.com"},
		{dsn.PostgreSQL, "s.postgres.databse.azure.com.", "s.postgres.database.azure.com"},
		{dsn.PostgreSQL, "s.database.azure.com", "s.postgres.database.azure.com"},
		{dsn.PostgreSQL, "s.postgres.azure.com", "s.postgres.database.azure.com"},
		{dsn.MySQL, "a.b.mysql.database.azure.co", "a.b.mysql.database.azure.com"},
		{dsn.MySQL, "s.mysql.database.usgovcloudapi.com", ""},
		{dsn.SQLServer, "s.database.window.net", "s.database.windows.net"},
		{dsn.SQLServer, "s.databases.windows.net", "s.database.windows.net"},

		{dsn.PostgreSQL, "db.example.com", ""},
		{dsn.PostgreSQL, "azure.com", ""},
		{dsn.PostgreSQL, "localhost", ""},
		{dsn.PostgreSQL, "10.0.0.4", ""},
		{dsn.SQLServer, "s.net", ""},
	} {
		assert.Equal(t, row.want, Near(row.engine, row.host), row.host)
	}
}

func TestIsLocal(t *testing.T) {
	for _, host := range []string{"localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "db", "host.docker.internal", "x.localhost"} {
		assert.True(t, IsLocal(host), host)
	}
	for _, host := range []string{"db.example.com", "127.example.com", "10.0.0.4", "2001:db8::1"} {
		assert.False(t, IsLocal(host), host)
	}
}

func TestScopeOfSQLInBleuIsAskedFor(t *testing.T) {
	_, err := Resolve(dsn.SQLServer, []string{"s.database.sovcloud-api.fr"}, environ.Vars{}, new(passwordless.Options))
	var setup *passwordless.SetupError
	require.ErrorAs(t, err, &setup)
	assert.Equal(t, "Options.Scope", setup.Variable)
	assert.ErrorContains(t, err, "AzureBleuCloud")
}
