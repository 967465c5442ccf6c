package connector

import "testing"

func TestDiscoverLiteral(t *testing.T) {
	const prefix = "AZURE_POSTGRESQL_"
	runDiscoverCases(t, []discoverCase{
		{
			name: "a connection's own string takes its identity",
			ask:  " " + stringA + "\n",
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB,
				prefix + "ORDERS_CONNECTIONSTRING=" + stringA + "  ", prefix + "ORDERS_CLIENTID=" + clientA,
			},
			host: hostA, clientID: clientA, connection: "ORDERS",
			source: "connection string, which is that of variable AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING",
		},
		{
			name: "App Service's form counts too",
			ask:  stringA,
			env:  []string{"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA, prefix + "CLIENTID=" + clientA},
			host: hostA, clientID: clientA,
		},
		{
			name: "nobody's string stands alone",
			ask:  stringA,
			env:  []string{prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB},
			host: hostA, source: "connection string", warning: "none", variables: nil,
		},
		{
			name: "nobody's string with its own identity",
			ask:  stringA + " client_id=" + clientA,
			env:  []string{prefix + "CONNECTIONSTRING=" + stringA, prefix + "CLIENTID=" + clientB},
			host: hostA, clientID: clientA,
		},
		{
			name: "two connections with one identity",
			ask:  stringA,
			env: []string{
				prefix + "X_CONNECTIONSTRING=" + stringA, prefix + "X_CLIENTID=" + clientA,
				prefix + "Y_CONNECTIONSTRING=" + stringA, prefix + "Y_CLIENTID=AAAAAAAA-0000-4000-8000-000000000000",
			},
			host: hostA, clientID: clientA, connection: "X",
		},
		{
			name: "two connections with different identities",
			ask:  stringA,
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringA,
				prefix + "Y_CONNECTIONSTRING=" + stringA, prefix + "Y_CLIENTID=" + clientA,
			},
			err: "the connection string is that of AZURE_POSTGRESQL_CONNECTIONSTRING and of AZURE_POSTGRESQL_Y_CONNECTIONSTRING, " +
				`which have different identities: name one, as in sql.Open("azure-postgres", "connection:Y")`,
			errorTag: "several-connections",
		},
		{
			name: "go-sql-driver's string that looks like a reference",
			ask:  "env:" + canary + "@tcp(h:3306)/db",
			err:  "connector: not a connection string",
		},
		{
			name: "a reference with a character too many",
			ask:  "connection:orders;" + canary,
			err:  "connector: not a connection string",
		},
		{
			name: "without a host",
			ask:  "dbname=d password=" + canary,
			err:  "connector: missing host", errorTag: "no-connection-settings",
		},
	})
}

func TestDiscoverRenamedVariable(t *testing.T) {
	const prefix = "AZURE_POSTGRESQL_"
	const urlA = "DB_URL=postgres://ua@" + hostA + "/da"
	runDiscoverCases(t, []discoverCase{
		{
			name: "renamed from the default connection",
			ask:  "env:DB_URL", env: []string{urlA, prefix + "CLIENTID=" + clientA},
			host: hostA, user: "ua", clientID: clientA, source: "variable DB_URL", warning: "none",
			variables: []string{"AZURE_POSTGRESQL_CLIENTID", "DB_URL"},
		},
		{
			name: "nothing is left of the connection",
			ask:  "env:DB_URL", env: []string{urlA},
			host: hostA,
		},
		{
			name: "renamed from the named connection that lost its string",
			ask:  "env:DB_URL",
			env: []string{
				urlA, prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB,
				prefix + "ORDERS_CLIENTID=" + clientA,
			},
			host: hostA, clientID: clientA, connection: "ORDERS",
		},
		{
			name: "the default connection's identity, although it is complete",
			ask:  "env:DB_URL", env: []string{urlA, prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB},
			host: hostA, clientID: clientB,
		},
		{
			name: "the default connection comes before named ones",
			ask:  "env:DB_URL", env: []string{urlA, prefix + "CLIENTID=" + clientA, prefix + "ORDERS_CLIENTID=" + clientB},
			host: hostA, clientID: clientA,
		},
		{
			name: "several connections lost their strings",
			ask:  "env:DB_URL", env: []string{urlA, prefix + "X_CLIENTID=" + clientA, prefix + "Y_CLIENTID=" + clientB},
			err:      "AZURE_POSTGRESQL_X_CLIENTID and AZURE_POSTGRESQL_Y_CLIENTID are both left without a connection string",
			variable: "DB_URL", errorTag: "several-connections",
		},
		{
			name: "a string with its own identity needs no guess",
			ask:  "env:DB_URL",
			env:  []string{urlA + "?client_id=" + clientA, prefix + "X_CLIENTID=" + clientA, prefix + "Y_CLIENTID=" + clientB},
			host: hostA, clientID: clientA,
		},
		{
			name: "a string with a password needs no identity",
			ask:  "env:DB_URL",
			env:  []string{"DB_URL=postgres://ua:pw@" + hostA + "/da", prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB},
			host: hostA, password: "pw",
		},
		{
			name: "a copy of a named connection's string",
			ask:  "env:DB_URL",
			env:  []string{"DB_URL=" + stringA, prefix + "X_CONNECTIONSTRING=" + stringA, prefix + "X_CLIENTID=" + clientA},
			host: hostA, clientID: clientA, connection: "X",
		},
		{
			name: "a variable of a connection by its own name",
			ask:  "env:azure_postgresql_x_connectionstring",
			env:  []string{prefix + "X_CONNECTIONSTRING=" + stringA, prefix + "X_CLIENTID=" + clientA, prefix + "CLIENTID=" + clientB},
			host: hostA, clientID: clientA, connection: "X",
		},
		{
			name: "the spelling asked for wins",
			ask:  "env:db_url", env: []string{"DB_URL=" + stringB, "db_url=" + stringA},
			host: hostA, source: "variable db_url", warning: "db_url is also set as DB_URL, with another value",
		},
		{
			name: "not set",
			ask:  "env:DB_URL", env: []string{"DB_URL= "},
			err: "connector: DB_URL: is not set, but env:DB_URL names it", variable: "DB_URL", errorTag: "no-connection-settings",
		},
		{
			name: "a bad string",
			ask:  "env:DB_URL", env: []string{"DB_URL=" + canary},
			err: "connector: DB_URL: not a connection string", variable: "DB_URL",
		},
	})
}
