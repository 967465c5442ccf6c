package environ

import (
	"testing"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// discoverNamedConnectionsCases are the rows of TestDiscoverNamedConnections.
var discoverNamedConnectionsCases = []discoverCase{
	{
		name: "asked for in any case",
		ask:  "connection:orders",
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB,
			splitPrefix + "ORDERS_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "ORDERS_CLIENTID=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "ORDERS", warning: "none",
		source:    "variable AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING",
		variables: []string{splitPrefix + "ORDERS_CLIENTID", splitPrefix + "ORDERS_CONNECTIONSTRING"},
	},
	{
		name: "a name that looks like a key",
		ask:  "connection:my_host",
		env:  []string{splitPrefix + "MY_HOST=" + connectortest.HostB, splitPrefix + "MY_HOST_HOST=" + connectortest.HostA, splitPrefix + "MY_HOST_NAME=da"},
		host: connectortest.HostA, database: "da", connection: "MY_HOST",
	},
	{
		name: "a name that is a key",
		ask:  "connection:host",
		env:  []string{splitPrefix + "HOST=" + connectortest.HostB, splitPrefix + "HOST_SERVER=" + connectortest.HostA, splitPrefix + "HOST_USER=ua"},
		host: connectortest.HostA, user: "ua", connection: "HOST",
	},
	{
		name: "a name with many underscores",
		ask:  "connection:_a__b_",
		env:  []string{splitPrefix + "_A__B__HOST=" + connectortest.HostA},
		host: connectortest.HostA, connection: "_A__B_",
	},
	{
		name: "a period in the name as it was replaced",
		ask:  "connection:eu.orders",
		env:  []string{splitPrefix + "EU_ORDERS_HOST=" + connectortest.HostA},
		host: connectortest.HostA, connection: "EU_ORDERS",
	},
	{
		name: "a period in the variable's name wins",
		ask:  "connection:eu.orders",
		env:  []string{splitPrefix + "EU_ORDERS_HOST=" + connectortest.HostB, splitPrefix + "EU.ORDERS_HOST=" + connectortest.HostA},
		host: connectortest.HostA, connection: "EU.ORDERS",
	},
	{
		name: "the only one is the default",
		env:  []string{splitPrefix + "TESTCONN_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "TESTCONN_TENANTID=" + connectortest.TenantA},
		host: connectortest.HostA, tenantID: connectortest.TenantA, connection: "TESTCONN",
	},
	{
		name: "the only one, although under both prefixes",
		env:  []string{"NEON_POSTGRESQL_X_HOST=" + connectortest.HostB, splitPrefix + "X_HOST=" + connectortest.HostA},
		host: connectortest.HostA, connection: "X",
	},
	{
		name: "the only one, as App Service stores connection strings",
		env:  []string{"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_X_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "X",
	},
	{
		name: "the only one that is complete",
		env:  []string{splitPrefix + "A_HOST=" + connectortest.HostA, splitPrefix + "B_DATABASE=b", splitPrefix + "FLEXIBLE_SERVER_NAME=x"},
		host: connectortest.HostA, connection: "A",
	},
	{
		name: "several and no default",
		env:  []string{splitPrefix + "ORDERS_HOST=" + connectortest.HostA, splitPrefix + "AUDIT_HOST=" + connectortest.HostB},
		err: "there are settings for the connections AUDIT, ORDERS and none for the default one: " +
			`name one, as in sql.Open("azure-postgres", "connection:AUDIT")`,
		errorTag: "several-connections",
	},
	{
		name: "the default wins over a named one",
		env:  []string{splitPrefix + "ORDERS_HOST=" + connectortest.HostB, splitPrefix + "HOST=" + connectortest.HostA},
		host: connectortest.HostA,
	},
	{
		name: "a default that lost its host is not replaced by a named one",
		env:  []string{splitPrefix + "ORDERS_HOST=" + connectortest.HostB, splitPrefix + "CLIENTID=" + connectortest.ClientA},
		err:  `or name a renamed variable, as in sql.Open("azure-postgres", "env:NAME")`, variable: splitPrefix + "CLIENTID", errorTag: "no-connection-settings",
	},
	{
		name: "unknown name",
		ask:  "connection:billing",
		env:  []string{splitPrefix + "ORDERS_HOST=" + connectortest.HostA, splitPrefix + "AUDIT_HOST=" + connectortest.HostB},
		err:  "no settings for connection billing: the named connections are AUDIT, ORDERS", errorTag: "no-connection-settings",
	},
	{
		name: "unknown name, and no named connection",
		ask:  "connection:billing",
		env:  []string{splitPrefix + "HOST=" + connectortest.HostA},
		err:  "there are no settings for any named connection", errorTag: "no-connection-settings",
	},
	{
		name: "a named connection without a host",
		ask:  "connection:orders",
		env:  []string{splitPrefix + "ORDERS_USER=u"},
		err:  "set AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING or AZURE_POSTGRESQL_ORDERS_HOST", variable: splitPrefix + "ORDERS_USER", errorTag: "no-connection-settings",
	},
}

func TestDiscoverNamedConnections(t *testing.T) {
	runDiscoverCases(t, discoverNamedConnectionsCases)
}

// discoverIdentityCases are the rows of TestDiscoverIdentity.
var discoverIdentityCases = []discoverCase{
	{
		name: "service principal",
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "CLIENTID=" + connectortest.ClientA,
			splitPrefix + "CLIENTSECRET=" + connectortest.Canary, splitPrefix + "TENANTID=" + connectortest.TenantA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, tenantID: connectortest.TenantA, clientSecret: connectortest.Canary,
	},
	{
		name: "variables of the identity SDK are nobody's",
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA, "AZURE_CLIENT_ID=" + connectortest.ClientA,
			"AZURE_TENANT_ID=" + connectortest.TenantA, "AZURE_CLIENT_SECRET=" + connectortest.Canary,
		},
		host: connectortest.HostA,
	},
	{
		name: "string and variable agree, in any case",
		env:  []string{splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA + " client_id=" + connectortest.ClientA, splitPrefix + "CLIENTID=AAAAAAAA-0000-4000-8000-000000000000"},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "string and variable contradict each other",
		env:  []string{splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA + " client_id=" + connectortest.ClientA, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		err:  "AZURE_POSTGRESQL_CLIENTID: has another value than client_id in AZURE_POSTGRESQL_CONNECTIONSTRING", variable: splitPrefix + "CLIENTID", errorTag: conflicting,
	},
	{
		name: "tenants contradict each other",
		env:  []string{splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA + " tenant_id=" + connectortest.TenantA, splitPrefix + "TENANTID=" + connectortest.ClientB},
		err:  "AZURE_POSTGRESQL_TENANTID: has another value than tenant_id in", variable: splitPrefix + "TENANTID", errorTag: conflicting,
	},
	{
		name: "word in a variable",
		env:  []string{splitPrefix + "HOST=" + connectortest.HostA, splitPrefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity"},
		host: connectortest.HostA, method: dsn.MethodManagedIdentity,
	},
	{
		name: "the default word contradicts nothing",
		env: []string{
			splitPrefix + "HOST=" + connectortest.HostA, splitPrefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
			splitPrefix + "AUTHENTICATIONTYPE=azure-active-directory-default",
		},
		host: connectortest.HostA, method: dsn.MethodManagedIdentity,
	},
	{
		name: "the default word gives way",
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA + " authentication=ActiveDirectoryDefault",
			splitPrefix + "AUTHENTICATION=ActiveDirectoryWorkloadIdentity",
		},
		host: connectortest.HostA, method: dsn.MethodWorkloadIdentity,
	},
	{
		name: "two words that contradict each other",
		env: []string{
			splitPrefix + "HOST=" + connectortest.HostA, splitPrefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
			splitPrefix + "AUTHENTICATIONTYPE=ActiveDirectoryServicePrincipal",
		},
		err:      "AZURE_POSTGRESQL_AUTHENTICATIONTYPE: has another value than AZURE_POSTGRESQL_AUTHENTICATION",
		variable: splitPrefix + "AUTHENTICATIONTYPE", errorTag: conflicting,
	},
	{
		name: "an unknown word",
		env:  []string{splitPrefix + "HOST=" + connectortest.HostA, splitPrefix + "AUTHENTICATION=" + connectortest.Canary},
		err:  "AZURE_POSTGRESQL_AUTHENTICATION: authentication: ", variable: splitPrefix + "AUTHENTICATION",
	},
}

func TestDiscoverIdentity(t *testing.T) {
	runDiscoverCases(t, discoverIdentityCases)
}
