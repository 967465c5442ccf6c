package environ

import (
	"testing"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

const (
	stringMy = "u@tcp(" + connectortest.HostMySQL + ":3306)/d?tls=true"
)

func ofMySQL(c discoverCase) discoverCase {
	c.e = dsn.MySQL
	return c
}

func ofSQLServer(c discoverCase) discoverCase {
	c.e = dsn.SQLServer
	return c
}

// discoverMySQLCases are the rows of TestDiscoverMySQL.
var discoverMySQLCases = []discoverCase{
	ofMySQL(discoverCase{
		name: "connection string with its identity",
		env:  []string{"AZURE_MYSQL_CONNECTIONSTRING=" + stringMy, "AZURE_MYSQL_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostMySQL, user: "u", database: "d", clientID: connectortest.ClientA, warning: "none",
	}),
	ofMySQL(discoverCase{
		name: "the spelling of Microsoft's samples",
		env:  []string{"Azure_MYSQL_HOST=" + connectortest.HostMySQL, "Azure_MYSQL_DBNAME=d", "AZURE_MYSQL_USER=u", "Azure_MYSQL_FLAG=MYSQLI_CLIENT_SSL"},
		host: connectortest.HostMySQL, user: "u", database: "d", warning: "none",
	}),
	ofMySQL(discoverCase{
		name: "App Service's types, of which Custom is everybody's",
		env: []string{
			"CUSTOMCONNSTR_AZURE_SQL_CONNECTIONSTRING=" + connectortest.StringSQL,
			"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
			"CUSTOMCONNSTR_AZURE_MYSQL_CONNECTIONSTRING=" + stringMy,
		},
		host: connectortest.HostMySQL, source: "variable CUSTOMCONNSTR_AZURE_MYSQL_CONNECTIONSTRING", warning: "none",
	}),
	ofMySQL(discoverCase{
		name: "MYSQLCONNSTR comes before Custom",
		env: []string{
			"CUSTOMCONNSTR_AZURE_MYSQL_CONNECTIONSTRING=" + connectortest.StringB,
			"MYSQLCONNSTR_AZURE_MYSQL_CONNECTIONSTRING=" + stringMy,
		},
		host: connectortest.HostMySQL, source: "variable MYSQLCONNSTR_AZURE_MYSQL_CONNECTIONSTRING",
	}),
	ofMySQL(discoverCase{
		name: "a named connection",
		ask:  "connection:my_host",
		env:  []string{"AZURE_MYSQL_MY_HOST_HOST=" + connectortest.HostMySQL, "AZURE_MYSQL_MY_HOST_DATABASE=d", "AZURE_MYSQL_MY_HOST_CLIENTID=" + connectortest.ClientA, "AZURE_MYSQL_HOST=other"},
		host: connectortest.HostMySQL, clientID: connectortest.ClientA, connection: "MY_HOST",
	}),
	ofMySQL(discoverCase{
		name: "a customized key keeps the identity variables",
		ask:  "env:DB_URL",
		env:  []string{"DB_URL=" + stringMy, "AZURE_MYSQL_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostMySQL, clientID: connectortest.ClientA, source: "variable DB_URL",
	}),
	ofMySQL(discoverCase{
		name: "the literal value of a variable is its connection",
		ask:  stringMy,
		env:  []string{"AZURE_MYSQL_CONNECTIONSTRING=" + stringMy, "AZURE_MYSQL_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostMySQL, clientID: connectortest.ClientA,
	}),
	ofMySQL(discoverCase{
		name: "what looks like a reference and is a connection string",
		ask:  "env:" + connectortest.Canary + "@tcp(" + connectortest.HostMySQL + ":3306)/d",
		host: connectortest.HostMySQL, user: "env", database: "d", password: connectortest.Canary,
	}),
	ofMySQL(discoverCase{
		name: "an unresolved reference",
		env:  []string{"AZURE_MYSQL_HOST=" + connectortest.HostMySQL, "AZURE_MYSQL_PASSWORD=" + connectortest.KeyVault},
		err:  "unresolved key vault reference", variable: "AZURE_MYSQL_PASSWORD", errorTag: "unresolved-reference",
	}),
	ofMySQL(discoverCase{
		name: "Microsoft's own recipe, with a token pasted to it",
		ask:  stringMy + ";Password=" + connectortest.Canary,
		err:  "passwordless: ",
	}),
	ofMySQL(discoverCase{
		name: "Spring with MariaDB's driver",
		env:  []string{"spring.datasource.url=jdbc:mariadb://" + connectortest.HostMySQL + ":3306/d", "spring.datasource.username=u"},
		host: connectortest.HostMySQL, user: "u", database: "d", source: "variable spring.datasource.url",
	}),
	ofMySQL(discoverCase{
		name:     "a named connection in App Configuration",
		ask:      "connection:orders",
		env:      []string{"AZURE_APPCONFIGURATION_RESOURCEENDPOINT=https://mystore.azconfig.io"},
		err:      "no settings for connection orders: there are no settings for any named connection; AZURE_APPCONFIGURATION_RESOURCEENDPOINT is set",
		errorTag: "no-connection-settings",
	}),
	ofMySQL(discoverCase{
		name: "another engine's variables do not count",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA, "spring.datasource.url=jdbc:postgresql://" + connectortest.HostA + "/d"},
		err:  "set AZURE_MYSQL_CONNECTIONSTRING or AZURE_MYSQL_HOST", errorTag: "no-connection-settings",
	}),
}

func TestDiscoverMySQL(t *testing.T) {
	runDiscoverCases(t, discoverMySQLCases)
}

// discoverSQLServerCases are the rows of TestDiscoverSQLServer.
var discoverSQLServerCases = []discoverCase{
	ofSQLServer(discoverCase{
		name: "Azure SQL comes before Fabric",
		env:  []string{"FABRIC_SQL_CONNECTIONSTRING=Server=other", "AZURE_SQL_CONNECTIONSTRING=" + connectortest.StringSQL},
		host: connectortest.HostSQL, database: "d", method: dsn.MethodManagedIdentity, warning: "none",
	}),
	ofSQLServer(discoverCase{
		name: "a string in Fabric comes before split variables of Azure SQL",
		env:  []string{"FABRIC_SQL_CONNECTIONSTRING=" + connectortest.StringSQL, "AZURE_SQL_SERVER=other"},
		host: connectortest.HostSQL, method: dsn.MethodManagedIdentity,
	}),
	ofSQLServer(discoverCase{
		name: "App Service's types in order",
		env: []string{
			"CUSTOMCONNSTR_AZURE_SQL_CONNECTIONSTRING=Server=c", "SQLCONNSTR_AZURE_SQL_CONNECTIONSTRING=Server=b",
			"SQLAZURECONNSTR_AZURE_SQL_CONNECTIONSTRING=" + connectortest.StringSQL,
		},
		host: connectortest.HostSQL, method: dsn.MethodManagedIdentity, source: "variable SQLAZURECONNSTR_AZURE_SQL_CONNECTIONSTRING",
	}),
	ofSQLServer(discoverCase{
		name: "the server's name with its port",
		env:  []string{"AZURE_SQL_SERVERNAME=" + connectortest.HostSQL + ",1433", "AZURE_SQL_DATABASE=d", "AZURE_SQL_UID=u", "AZURE_SQL_PASSWORD=pw"},
		host: connectortest.HostSQL, user: "u", password: "pw", warning: "none",
	}),
	ofSQLServer(discoverCase{
		name: "the word under the key of another client type",
		env:  []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_DATABASE=d", "AZURE_SQL_AUTHENTICATION=azure-active-directory-default", "AZURE_SQL_AUTHENTICATIONTYPE=ActiveDirectoryMsi"},
		host: connectortest.HostSQL, method: dsn.MethodManagedIdentity,
	}),
	ofSQLServer(discoverCase{
		name:     "two words",
		env:      []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryServicePrincipal", "AZURE_SQL_AUTHENTICATIONTYPE=ActiveDirectoryMsi"},
		err:      "AZURE_SQL_AUTHENTICATIONTYPE: has another value than AZURE_SQL_AUTHENTICATION",
		variable: "AZURE_SQL_AUTHENTICATIONTYPE", errorTag: "conflicting-settings",
	}),
	ofSQLServer(discoverCase{
		name: "a renamed string that names a managed identity stands alone",
		ask:  "env:ConnectionStrings__Orders",
		env:  []string{"ConnectionStrings__Orders=" + connectortest.StringSQL, "AZURE_SQL_CLIENTID=" + connectortest.ClientB, "AZURE_SQL_SERVER=other"},
		host: connectortest.HostSQL, method: dsn.MethodManagedIdentity,
	}),
	ofSQLServer(discoverCase{
		name: "a renamed string without a word takes what its connection left",
		ask:  "env:DefaultConnection",
		env:  []string{"DefaultConnection=Server=" + connectortest.HostSQL + ";Database=d", "AZURE_SQL_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostSQL, clientID: connectortest.ClientA,
	}),
	ofSQLServer(discoverCase{
		name: "a renamed string of a service principal takes the tenant that its connection left",
		ask:  "env:ConnectionStrings__DefaultConnection",
		env: []string{
			"ConnectionStrings__DefaultConnection=Server=" + connectortest.HostSQL + ";Database=d;User ID=" + connectortest.ClientA + ";Password=" + connectortest.Canary + ";Authentication=ActiveDirectoryServicePrincipal",
			"AZURE_SQL_CLIENTID=" + connectortest.ClientA, "AZURE_SQL_CLIENTSECRET=" + connectortest.Canary, "AZURE_SQL_TENANTID=" + connectortest.TenantA,
		},
		host: connectortest.HostSQL, user: connectortest.ClientA, password: connectortest.Canary, clientID: connectortest.ClientA, clientSecret: connectortest.Canary, tenantID: connectortest.TenantA, method: dsn.MethodServicePrincipal,
	}),
	ofSQLServer(discoverCase{
		name: "a renamed string of another service principal does not",
		ask:  "env:DefaultConnection",
		env: []string{
			"DefaultConnection=Server=" + connectortest.HostSQL + ";User ID=" + connectortest.ClientB + ";Password=" + connectortest.Canary + ";Authentication=ActiveDirectoryServicePrincipal",
			"AZURE_SQL_CLIENTID=" + connectortest.ClientA, "AZURE_SQL_CLIENTSECRET=x", "AZURE_SQL_TENANTID=" + connectortest.TenantA,
		},
		host: connectortest.HostSQL, user: connectortest.ClientB, password: connectortest.Canary, method: dsn.MethodServicePrincipal,
	}),
	ofSQLServer(discoverCase{
		name: "a password and no user",
		env:  []string{"AZURE_SQL_CONNECTIONSTRING=Data Source=" + connectortest.HostSQL + ",1433;Initial Catalog=d;Password=" + connectortest.Canary},
		err:  "missing user", variable: "AZURE_SQL_CONNECTIONSTRING", errorTag: "missing-user",
	}),
	ofSQLServer(discoverCase{
		name: "a password, the default word and no user",
		env:  []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_PASSWORD=" + connectortest.Canary, "AZURE_SQL_AUTHENTICATION=azure-active-directory-default"},
		err:  "missing user", variable: "AZURE_SQL_HOST", errorTag: "missing-user",
	}),
	ofSQLServer(discoverCase{
		name: "a misprinted word",
		env:  []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_AUTHENTICATION=" + connectortest.Canary},
		err:  "unknown authentication method", variable: "AZURE_SQL_AUTHENTICATION",
	}),
	ofSQLServer(discoverCase{
		name: "Spring's URL of SQL Server among another engine's variables",
		env:  []string{"AZURE_MYSQL_CONNECTIONSTRING=" + stringMy, "spring.datasource.url=jdbc:sqlserver://" + connectortest.HostSQL + ":1433;databaseName=d;"},
		host: connectortest.HostSQL, database: "d",
	}),
}

func TestDiscoverSQLServer(t *testing.T) {
	runDiscoverCases(t, discoverSQLServerCases)
}
