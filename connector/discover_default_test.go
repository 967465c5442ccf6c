package connector

import "testing"

func TestDiscoverDefault(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name: "connection string",
			env:  []string{"PATH=/bin", "AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA},
			host: hostA, user: "ua", database: "da", warning: "none",
			source:    "variable AZURE_POSTGRESQL_CONNECTIONSTRING",
			variables: []string{"AZURE_POSTGRESQL_CONNECTIONSTRING"},
		},
		{
			name: "blank string asks for the default connection",
			ask:  " \t",
			env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA},
			host: hostA,
		},
		{
			name: "Azure's prefix comes before Neon's",
			env: []string{
				"NEON_POSTGRESQL_CONNECTIONSTRING=" + stringB,
				"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
			},
			host: hostA,
		},
		{
			name: "a connection string comes before another prefix's split variables",
			env: []string{
				"NEON_POSTGRESQL_CONNECTIONSTRING=" + stringB,
				"AZURE_POSTGRESQL_HOST=" + hostA,
			},
			host: hostB,
		},
		{
			name: "a plain connection string comes before App Service's prefixed one",
			env: []string{
				"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringB,
				"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
			},
			host: hostA, warning: "POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING do not count",
		},
		{
			name: "the engine's type in App Service comes before Custom",
			env: []string{
				"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringB,
				"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
			},
			host: hostA, source: "variable POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING",
		},
		{
			name: "Custom, with an identity stored as an app setting",
			env: []string{
				"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
				"AZURE_POSTGRESQL_CLIENTID=" + clientA,
			},
			host: hostA, clientID: clientA, warning: "none",
		},
		{
			name: "an identity stored as a connection string",
			env: []string{
				"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
				"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CLIENTID=" + clientA,
			},
			host: hostA, clientID: clientA,
		},
		{
			name: "a connection string makes split variables not count",
			env: []string{
				"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA,
				"AZURE_POSTGRESQL_HOST=" + hostB, "AZURE_POSTGRESQL_PASSWORD=" + canary,
			},
			host: hostA,
			warning: "AZURE_POSTGRESQL_CONNECTIONSTRING is used: " +
				"AZURE_POSTGRESQL_HOST, AZURE_POSTGRESQL_PASSWORD do not count",
		},
		{
			name: "no database is a warning",
			env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + hostA + " user=u"},
			host: hostA, user: "u", warning: "no database is named",
		},
		{
			name: "no user is left to the token",
			env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + hostA + " dbname=d"},
			host: hostA, warning: "none",
		},
	})
}

func TestDiscoverNames(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name: "case does not matter, the spelling is reported",
			env:  []string{"Azure_POSTGRESQL_ConnectionString=" + stringA, "azure_postgresql_clientid=" + clientA},
			host: hostA, clientID: clientA, warning: "none",
			variables: []string{"Azure_POSTGRESQL_ConnectionString", "azure_postgresql_clientid"},
		},
		{
			name: "blanks at the end of names and values",
			env:  []string{"AZURE_POSTGRESQL_HOST =" + hostA + " \r\n", "AZURE_POSTGRESQL_USER=ua\t", "AZURE_POSTGRESQL_NAME= da "},
			host: hostA, user: "ua", variables: []string{"AZURE_POSTGRESQL_HOST", "AZURE_POSTGRESQL_NAME", "AZURE_POSTGRESQL_USER"},
		},
		{
			name: "an empty value is not set",
			env: []string{
				"AZURE_POSTGRESQL_CONNECTIONSTRING= ", "AZURE_POSTGRESQL_CLIENTID=",
				"AZURE_POSTGRESQL_HOST=" + hostA,
			},
			host: hostA,
		},
		{
			name: "of two spellings the one in upper case wins",
			env: []string{
				"azure_postgresql_host=" + hostB, "AZURE_POSTGRESQL_HOST=" + hostA, "Azure_Postgresql_Host=" + hostB,
				"AZURE_POSTGRESQL_DATABASE=d",
			},
			host:    hostA,
			warning: "AZURE_POSTGRESQL_HOST is also set as azure_postgresql_host, Azure_Postgresql_Host, with another value",
		},
		{
			name: "of two other spellings the first wins",
			env: []string{
				"azure_postgresql_host=" + hostA, "Azure_Postgresql_Host=" + hostB, "AZURE_POSTGRESQL_HOST= ",
				"AZURE_POSTGRESQL_DATABASE=d",
			},
			host: hostA, warning: "azure_postgresql_host is also set as Azure_Postgresql_Host",
		},
		{
			name: "two spellings with one value are no matter",
			env: []string{
				"azure_postgresql_host=" + hostA, "AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_DATABASE=d",
			},
			host: hostA, warning: "none",
		},
	})
}

func TestDiscoverSplit(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name: "every key of one kind",
			env: []string{
				"AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_PORT=6432", "AZURE_POSTGRESQL_DATABASE=da",
				"AZURE_POSTGRESQL_USER=ua", "AZURE_POSTGRESQL_PASSWORD=pw", "AZURE_POSTGRESQL_SSL=true",
			},
			host: hostA, user: "ua", database: "da", password: "pw", warning: "none",
			source: "variables AZURE_POSTGRESQL_HOST, AZURE_POSTGRESQL_PORT, AZURE_POSTGRESQL_DATABASE, " +
				"AZURE_POSTGRESQL_USER, AZURE_POSTGRESQL_PASSWORD, AZURE_POSTGRESQL_SSL",
		},
		{
			name: "SERVER, DBNAME, USERNAME",
			env:  []string{"AZURE_POSTGRESQL_SERVER=" + hostA, "AZURE_POSTGRESQL_DBNAME=da", "AZURE_POSTGRESQL_USERNAME=ua"},
			host: hostA, user: "ua", database: "da",
		},
		{
			name: "SERVERNAME, NAME, UID",
			env:  []string{"AZURE_POSTGRESQL_SERVERNAME=" + hostA, "AZURE_POSTGRESQL_NAME=da", "AZURE_POSTGRESQL_UID=ua"},
			host: hostA, user: "ua", database: "da",
		},
		{
			name: "two keys that agree",
			env: []string{
				"AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_SERVER=" + hostA, "AZURE_POSTGRESQL_DATABASE=da",
				"AZURE_POSTGRESQL_SSL=true", "AZURE_POSTGRESQL_SSLMODE=require",
			},
			host: hostA, warning: "none",
		},
		{
			name:     "two keys that contradict each other",
			env:      []string{"AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_USER=u1", "AZURE_POSTGRESQL_USERNAME=u2"},
			err:      "AZURE_POSTGRESQL_USERNAME: has another value than AZURE_POSTGRESQL_USER",
			variable: "AZURE_POSTGRESQL_USERNAME", errorTag: "conflicting-settings",
		},
		{
			name: "the prefixes do not mix",
			env: []string{
				"AZURE_POSTGRESQL_HOST=" + hostA, "NEON_POSTGRESQL_HOST=" + hostB, "NEON_POSTGRESQL_USER=ub",
				"NEON_POSTGRESQL_PASSWORD=" + canary, "AZURE_POSTGRESQL_DATABASE=da",
			},
			host: hostA,
		},
		{
			name:     "a bad value names its variable",
			env:      []string{"AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_PORT=" + canary},
			err:      "connector: AZURE_POSTGRESQL_PORT: PORT: not a port number",
			variable: "AZURE_POSTGRESQL_PORT",
		},
		{
			name:     "a bad value names its variable in any spelling",
			env:      []string{"AZURE_POSTGRESQL_HOST=" + hostA, "azure_postgresql_sslmode=" + canary},
			err:      "connector: azure_postgresql_sslmode: SSLMODE: unknown TLS mode",
			variable: "azure_postgresql_sslmode",
		},
		{
			name:     "everything but the host",
			env:      []string{"AZURE_POSTGRESQL_USER=ua", "AZURE_POSTGRESQL_DATABASE=da"},
			err:      "the host is missing: set AZURE_POSTGRESQL_CONNECTIONSTRING or AZURE_POSTGRESQL_HOST",
			variable: "AZURE_POSTGRESQL_DATABASE", errorTag: "no-connection-settings",
		},
		{
			name:     "a password but no user",
			env:      []string{"AZURE_POSTGRESQL_HOST=" + hostA, "AZURE_POSTGRESQL_PASSWORD=" + canary},
			err:      "missing user",
			variable: "AZURE_POSTGRESQL_HOST", errorTag: "missing-user",
		},
	})
}

func TestDiscoverFaults(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name:     "nothing",
			env:      []string{"PATH=/bin", "DATABASE_URL=postgres://u:" + canary + "@h/d"},
			err:      "no connection settings: set AZURE_POSTGRESQL_CONNECTIONSTRING or AZURE_POSTGRESQL_HOST (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#no-connection-settings)",
			errorTag: "no-connection-settings",
		},
		{
			name:     "values in App Configuration",
			env:      []string{"AZURE_APPCONFIGURATION_RESOURCEENDPOINT=https://" + canary + ".azconfig.io"},
			err:      "AZURE_APPCONFIGURATION_RESOURCEENDPOINT is set: the values are in App Configuration",
			errorTag: "no-connection-settings",
		},
		{
			name:     "bad connection string",
			env:      []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + hostA + " port=x password=" + canary},
			err:      "connector: AZURE_POSTGRESQL_CONNECTIONSTRING: port: not a port number",
			variable: "AZURE_POSTGRESQL_CONNECTIONSTRING",
		},
		{
			name:     "connection string without a host",
			env:      []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=dbname=d user=u"},
			err:      "AZURE_POSTGRESQL_CONNECTIONSTRING: missing host",
			variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: "no-connection-settings",
		},
		{
			name:     "connection string with a password and no user",
			env:      []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + hostA + " dbname=d password=" + canary},
			err:      "AZURE_POSTGRESQL_CONNECTIONSTRING: missing user",
			variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: "missing-user",
		},
	})
}
