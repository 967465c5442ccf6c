package environ

import (
	"testing"

	"github.com/azuredb/passwordless/internal/connectortest"
)

// discoverDefaultCases are the rows of TestDiscoverDefault.
var discoverDefaultCases = []discoverCase{
	{
		name: "connection string",
		env:  []string{"PATH=/bin", "AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA},
		host: connectortest.HostA, user: "ua", database: "da", warning: "none",
		source:    "variable AZURE_POSTGRESQL_CONNECTIONSTRING",
		variables: []string{"AZURE_POSTGRESQL_CONNECTIONSTRING"},
	},
	{
		name: "blank string asks for the default connection",
		ask:  " \t",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA},
		host: connectortest.HostA,
	},
	{
		name: "Azure's prefix comes before Neon's",
		env: []string{
			"NEON_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringB,
			"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
		},
		host: connectortest.HostA,
	},
	{
		name: "a connection string comes before another prefix's split variables",
		env: []string{
			"NEON_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringB,
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostA,
		},
		host: connectortest.HostB,
	},
	{
		name: "a plain connection string comes before App Service's prefixed one",
		env: []string{
			"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringB,
			"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
		},
		host: connectortest.HostA, warning: "POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING do not count",
	},
	{
		name: "the engine's type in App Service comes before Custom",
		env: []string{
			"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringB,
			"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
		},
		host: connectortest.HostA, source: "variable POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING",
	},
	{
		name: "Custom, with an identity stored as an app setting",
		env: []string{
			"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
			"AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, warning: "none",
	},
	{
		name: "an identity stored as a connection string",
		env: []string{
			"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
			"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "a connection string makes split variables not count",
		env: []string{
			"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostB, "AZURE_POSTGRESQL_PASSWORD=" + connectortest.Canary,
		},
		host: connectortest.HostA,
		warning: "AZURE_POSTGRESQL_CONNECTIONSTRING is used: " +
			"AZURE_POSTGRESQL_HOST, AZURE_POSTGRESQL_PASSWORD do not count",
	},
	{
		name: "no database is a warning",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + connectortest.HostA + " user=u"},
		host: connectortest.HostA, user: "u", warning: "no database is named",
	},
	{
		name: "no user is left to the token",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + connectortest.HostA + " dbname=d"},
		host: connectortest.HostA, warning: "none",
	},
}

func TestDiscoverDefault(t *testing.T) {
	runDiscoverCases(t, discoverDefaultCases)
}

func TestDiscoverNames(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name: "case does not matter, the spelling is reported",
			env:  []string{"Azure_POSTGRESQL_ConnectionString=" + connectortest.StringA, "azure_postgresql_clientid=" + connectortest.ClientA},
			host: connectortest.HostA, clientID: connectortest.ClientA, warning: "none",
			variables: []string{"Azure_POSTGRESQL_ConnectionString", "azure_postgresql_clientid"},
		},
		{
			name: "blanks at the end of names and values",
			env:  []string{"AZURE_POSTGRESQL_HOST =" + connectortest.HostA + " \r\n", "AZURE_POSTGRESQL_USER=ua\t", "AZURE_POSTGRESQL_NAME= da "},
			host: connectortest.HostA, user: "ua", variables: []string{"AZURE_POSTGRESQL_HOST", "AZURE_POSTGRESQL_NAME", "AZURE_POSTGRESQL_USER"},
		},
		{
			name: "an empty value is not set",
			env: []string{
				"AZURE_POSTGRESQL_CONNECTIONSTRING= ", "AZURE_POSTGRESQL_CLIENTID=",
				"AZURE_POSTGRESQL_HOST=" + connectortest.HostA,
			},
			host: connectortest.HostA,
		},
		{
			name: "of two spellings the one in upper case wins",
			env: []string{
				"azure_postgresql_host=" + connectortest.HostB, "AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "Azure_Postgresql_Host=" + connectortest.HostB,
				"AZURE_POSTGRESQL_DATABASE=d",
			},
			host:    connectortest.HostA,
			warning: "AZURE_POSTGRESQL_HOST is also set as azure_postgresql_host, Azure_Postgresql_Host, with another value",
		},
		{
			name: "of two other spellings the first wins",
			env: []string{
				"azure_postgresql_host=" + connectortest.HostA, "Azure_Postgresql_Host=" + connectortest.HostB, "AZURE_POSTGRESQL_HOST= ",
				"AZURE_POSTGRESQL_DATABASE=d",
			},
			host: connectortest.HostA, warning: "azure_postgresql_host is also set as Azure_Postgresql_Host",
		},
		{
			name: "two spellings with one value are no matter",
			env: []string{
				"azure_postgresql_host=" + connectortest.HostA, "AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_DATABASE=d",
			},
			host: connectortest.HostA, warning: "none",
		},
	})
}

// discoverSplitCases are the rows of TestDiscoverSplit.
var discoverSplitCases = []discoverCase{
	{
		name: "every key of one kind",
		env: []string{
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_PORT=6432", "AZURE_POSTGRESQL_DATABASE=da",
			"AZURE_POSTGRESQL_USER=ua", "AZURE_POSTGRESQL_PASSWORD=pw", "AZURE_POSTGRESQL_SSL=true",
		},
		host: connectortest.HostA, user: "ua", database: "da", password: "pw", warning: "none",
		source: "variables AZURE_POSTGRESQL_HOST, AZURE_POSTGRESQL_PORT, AZURE_POSTGRESQL_DATABASE, " +
			"AZURE_POSTGRESQL_USER, AZURE_POSTGRESQL_PASSWORD, AZURE_POSTGRESQL_SSL",
	},
	{
		name: "SERVER, DBNAME, USERNAME",
		env:  []string{"AZURE_POSTGRESQL_SERVER=" + connectortest.HostA, "AZURE_POSTGRESQL_DBNAME=da", "AZURE_POSTGRESQL_USERNAME=ua"},
		host: connectortest.HostA, user: "ua", database: "da",
	},
	{
		name: "SERVERNAME, NAME, UID",
		env:  []string{"AZURE_POSTGRESQL_SERVERNAME=" + connectortest.HostA, "AZURE_POSTGRESQL_NAME=da", "AZURE_POSTGRESQL_UID=ua"},
		host: connectortest.HostA, user: "ua", database: "da",
	},
	{
		name: "two keys that agree",
		env: []string{
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_SERVER=" + connectortest.HostA, "AZURE_POSTGRESQL_DATABASE=da",
			"AZURE_POSTGRESQL_SSL=true", "AZURE_POSTGRESQL_SSLMODE=require",
		},
		host: connectortest.HostA, warning: "none",
	},
	{
		name:     "two keys that contradict each other",
		env:      []string{"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_USER=u1", "AZURE_POSTGRESQL_USERNAME=u2"},
		err:      "AZURE_POSTGRESQL_USERNAME: has another value than AZURE_POSTGRESQL_USER",
		variable: "AZURE_POSTGRESQL_USERNAME", errorTag: "conflicting-settings",
	},
	{
		name: "the prefixes do not mix",
		env: []string{
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "NEON_POSTGRESQL_HOST=" + connectortest.HostB, "NEON_POSTGRESQL_USER=ub",
			"NEON_POSTGRESQL_PASSWORD=" + connectortest.Canary, "AZURE_POSTGRESQL_DATABASE=da",
		},
		host: connectortest.HostA,
	},
	{
		name:     "a bad value names its variable",
		env:      []string{"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_PORT=" + connectortest.Canary},
		err:      "passwordless: AZURE_POSTGRESQL_PORT: PORT: not a port number",
		variable: "AZURE_POSTGRESQL_PORT",
	},
	{
		name:     "a bad value names its variable in any spelling",
		env:      []string{"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "azure_postgresql_sslmode=" + connectortest.Canary},
		err:      "passwordless: azure_postgresql_sslmode: SSLMODE: unknown TLS mode",
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
		env:      []string{"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_PASSWORD=" + connectortest.Canary},
		err:      "missing user",
		variable: "AZURE_POSTGRESQL_HOST", errorTag: "missing-user",
	},
}

func TestDiscoverSplit(t *testing.T) {
	runDiscoverCases(t, discoverSplitCases)
}

func TestDiscoverFaults(t *testing.T) {
	runDiscoverCases(t, []discoverCase{
		{
			name: "nothing",
			env:  []string{"PATH=/bin", "DATABASE_URL=postgres://u:" + connectortest.Canary + "@h/d"},
			err: "no connection settings: set AZURE_POSTGRESQL_CONNECTIONSTRING or AZURE_POSTGRESQL_HOST; set but not read: DATABASE_URL " +
				`(a connection string in another variable is read by sql.Open("azure-postgres", "env:NAME")) (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#no-connection-settings)`,
			errorTag: "no-connection-settings",
		},
		{
			name:     "values in App Configuration",
			env:      []string{"AZURE_APPCONFIGURATION_RESOURCEENDPOINT=https://" + connectortest.Canary + ".azconfig.io"},
			err:      "AZURE_APPCONFIGURATION_RESOURCEENDPOINT is set: the values are in App Configuration",
			errorTag: "no-connection-settings",
		},
		{
			name:     "bad connection string",
			env:      []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + connectortest.HostA + " port=x password=" + connectortest.Canary},
			err:      "passwordless: AZURE_POSTGRESQL_CONNECTIONSTRING: port: not a port number",
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
			env:      []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + connectortest.HostA + " dbname=d password=" + connectortest.Canary},
			err:      "AZURE_POSTGRESQL_CONNECTIONSTRING: missing user",
			variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: "missing-user",
		},
	})
}
