package environ

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestNearMissesAreNamed(t *testing.T) {
	for _, row := range []struct {
		engine    dsn.Engine
		variable  string
		mentioned string
	}{
		{dsn.PostgreSQL, "AZURE_POSTGRES_CONNECTIONSTRING", "AZURE_POSTGRES_CONNECTIONSTRING"},
		{dsn.PostgreSQL, "AZURE_POSTGRESQL_CONNECTION_STRING", "AZURE_POSTGRESQL_CONNECTION_STRING"},
		{dsn.PostgreSQL, "AZURE_POSTGERSQL_HOST", "AZURE_POSTGERSQL_HOST"},
		{dsn.PostgreSQL, "AZURE_POSTGRES_ORDERS_CONNECTIONSTRING", "AZURE_POSTGRES_ORDERS_CONNECTIONSTRING"},
		{dsn.PostgreSQL, "PGHOST", "PGHOST"},
		{dsn.PostgreSQL, "Postgres_Url", "Postgres_Url"},
		{dsn.PostgreSQL, "DATABASE_URL", "DATABASE_URL"},
		{dsn.PostgreSQL, "DBHOST", "DBHOST"},
		{dsn.PostgreSQL, "POSTGRESQLCONNSTR_Default", "POSTGRESQLCONNSTR_Default"},
		{dsn.MySQL, "MYSQLCONNSTR_localdb", "MYSQLCONNSTR_localdb"},
		{dsn.SQLServer, "SQLAZURECONNSTR_DefaultConnection", "SQLAZURECONNSTR_DefaultConnection"},
		{dsn.SQLServer, "ConnectionStrings:Sql", "ConnectionStrings:Sql"},
		{dsn.SQLServer, "DB_CONNECTION_STRING", "DB_CONNECTION_STRING"},
		{dsn.PostgreSQL, "ConnectionStrings__Db", "ConnectionStrings__Db"},
		{dsn.PostgreSQL, "AZURE_MYSQL_CONNECTIONSTRING", "AZURE_MYSQL_CONNECTIONSTRING (mysql)"},
		{dsn.MySQL, "AZURE_SQL_SERVER", "AZURE_SQL_SERVER (sqlserver)"},
		{dsn.MySQL, "MYSQL_HOST", "MYSQL_HOST"},
		{dsn.SQLServer, "AZURE_SQLSERVER_CONNECTIONSTRING", "AZURE_SQLSERVER_CONNECTIONSTRING"},
		{dsn.SQLServer, "AZURE_POSTGRESQL_HOST", "AZURE_POSTGRESQL_HOST (postgresql)"},
	} {
		_, err := Find(row.engine, "", environOf("HOME=/root", "HOSTNAME=x", row.variable+"="+connectortest.Canary))
		require.ErrorContains(t, err, "no connection settings: set AZURE_")
		assert.ErrorContains(t, err, "; set but not read: "+row.mentioned+" (a connection string in another variable is read by sql.Open(")
		assert.NotContains(t, err.Error(), connectortest.Canary)
	}
	for variable, value := range map[string]string{
		"KC_DB_JDBC": "jdbc:postgresql://h/d", "SPRING_R2DBC_URI": "r2dbc:postgresql://h/d", "APP_STORE": "Server=s.postgres.database.azure.com;User Id=u",
	} {
		_, err := Find(dsn.PostgreSQL, "", environOf(variable+"="+value+"?password="+connectortest.Canary))
		require.ErrorContains(t, err, "; set but not read: "+variable+" (")
		assert.NotContains(t, err.Error(), connectortest.Canary)
	}
	_, err := Find(dsn.PostgreSQL, "", environOf("HOME=/root", "HOSTNAME=x", "SSH_CONNECTION=y", "AZURE_CLIENT_ID=z", "KUBERNETES_SERVICE_HOST=h"))
	assert.NotContains(t, err.Error(), "not read")
}
