package connector

import (
	"testing"

	"github.com/azuredb/passwordless/dsn"
)

func TestDiscoverNamedConnections(t *testing.T) {
	const prefix = "AZURE_POSTGRESQL_"
	runDiscoverCases(t, []discoverCase{
		{
			name: "asked for in any case",
			ask:  "connection:orders",
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringB, prefix + "CLIENTID=" + clientB,
				prefix + "ORDERS_CONNECTIONSTRING=" + stringA, prefix + "ORDERS_CLIENTID=" + clientA,
			},
			host: hostA, clientID: clientA, connection: "ORDERS", warning: "none",
			source:    "variable AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING",
			variables: []string{prefix + "ORDERS_CLIENTID", prefix + "ORDERS_CONNECTIONSTRING"},
		},
		{
			name: "a name that looks like a key",
			ask:  "connection:my_host",
			env:  []string{prefix + "MY_HOST=" + hostB, prefix + "MY_HOST_HOST=" + hostA, prefix + "MY_HOST_NAME=da"},
			host: hostA, database: "da", connection: "MY_HOST",
		},
		{
			name: "a name that is a key",
			ask:  "connection:host",
			env:  []string{prefix + "HOST=" + hostB, prefix + "HOST_SERVER=" + hostA, prefix + "HOST_USER=ua"},
			host: hostA, user: "ua", connection: "HOST",
		},
		{
			name: "a name with many underscores",
			ask:  "connection:_a__b_",
			env:  []string{prefix + "_A__B__HOST=" + hostA},
			host: hostA, connection: "_A__B_",
		},
		{
			name: "a period in the name as it was replaced",
			ask:  "connection:eu.orders",
			env:  []string{prefix + "EU_ORDERS_HOST=" + hostA},
			host: hostA, connection: "EU_ORDERS",
		},
		{
			name: "a period in the variable's name wins",
			ask:  "connection:eu.orders",
			env:  []string{prefix + "EU_ORDERS_HOST=" + hostB, prefix + "EU.ORDERS_HOST=" + hostA},
			host: hostA, connection: "EU.ORDERS",
		},
		{
			name: "the only one is the default",
			env:  []string{prefix + "TESTCONN_CONNECTIONSTRING=" + stringA, prefix + "TESTCONN_TENANTID=" + tenantA},
			host: hostA, tenantID: tenantA, connection: "TESTCONN",
		},
		{
			name: "the only one, although under both prefixes",
			env:  []string{"NEON_POSTGRESQL_X_HOST=" + hostB, prefix + "X_HOST=" + hostA},
			host: hostA, connection: "X",
		},
		{
			name: "the only one, as App Service stores connection strings",
			env:  []string{"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_X_CONNECTIONSTRING=" + stringA, prefix + "X_CLIENTID=" + clientA},
			host: hostA, clientID: clientA, connection: "X",
		},
		{
			name: "the only one that is complete",
			env:  []string{prefix + "A_HOST=" + hostA, prefix + "B_DATABASE=b", prefix + "FLEXIBLE_SERVER_NAME=x"},
			host: hostA, connection: "A",
		},
		{
			name: "several and no default",
			env:  []string{prefix + "ORDERS_HOST=" + hostA, prefix + "AUDIT_HOST=" + hostB},
			err: "there are settings for the connections AUDIT, ORDERS and none for the default one: " +
				`name one, as in sql.Open("azure-postgres", "connection:AUDIT")`,
			errorTag: "several-connections",
		},
		{
			name: "the default wins over a named one",
			env:  []string{prefix + "ORDERS_HOST=" + hostB, prefix + "HOST=" + hostA},
			host: hostA,
		},
		{
			name: "a default that lost its host is not replaced by a named one",
			env:  []string{prefix + "ORDERS_HOST=" + hostB, prefix + "CLIENTID=" + clientA},
			err:  `or name a renamed variable, as in sql.Open("azure-postgres", "env:NAME")`, variable: prefix + "CLIENTID", errorTag: "no-connection-settings",
		},
		{
			name: "unknown name",
			ask:  "connection:billing",
			env:  []string{prefix + "ORDERS_HOST=" + hostA, prefix + "AUDIT_HOST=" + hostB},
			err:  "no settings for connection billing: the named connections are AUDIT, ORDERS", errorTag: "no-connection-settings",
		},
		{
			name: "unknown name, and no named connection",
			ask:  "connection:billing",
			env:  []string{prefix + "HOST=" + hostA},
			err:  "there are no settings for any named connection", errorTag: "no-connection-settings",
		},
		{
			name: "a named connection without a host",
			ask:  "connection:orders",
			env:  []string{prefix + "ORDERS_USER=u"},
			err:  "set AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING or AZURE_POSTGRESQL_ORDERS_HOST", variable: prefix + "ORDERS_USER", errorTag: "no-connection-settings",
		},
	})
}

func TestDiscoverIdentity(t *testing.T) {
	const prefix = "AZURE_POSTGRESQL_"
	const tag = "conflicting-settings"
	runDiscoverCases(t, []discoverCase{
		{
			name: "service principal",
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringA, prefix + "CLIENTID=" + clientA,
				prefix + "CLIENTSECRET=" + canary, prefix + "TENANTID=" + tenantA,
			},
			host: hostA, clientID: clientA, tenantID: tenantA, clientSecret: canary,
		},
		{
			name: "variables of the identity SDK are nobody's",
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringA, "AZURE_CLIENT_ID=" + clientA,
				"AZURE_TENANT_ID=" + tenantA, "AZURE_CLIENT_SECRET=" + canary,
			},
			host: hostA,
		},
		{
			name: "string and variable agree, in any case",
			env:  []string{prefix + "CONNECTIONSTRING=" + stringA + " client_id=" + clientA, prefix + "CLIENTID=AAAAAAAA-0000-4000-8000-000000000000"},
			host: hostA, clientID: clientA,
		},
		{
			name: "string and variable contradict each other",
			env:  []string{prefix + "CONNECTIONSTRING=" + stringA + " client_id=" + clientA, prefix + "CLIENTID=" + clientB},
			err:  "AZURE_POSTGRESQL_CLIENTID: has another value than client_id in AZURE_POSTGRESQL_CONNECTIONSTRING", variable: prefix + "CLIENTID", errorTag: tag,
		},
		{
			name: "tenants contradict each other",
			env:  []string{prefix + "CONNECTIONSTRING=" + stringA + " tenant_id=" + tenantA, prefix + "TENANTID=" + clientB},
			err:  "AZURE_POSTGRESQL_TENANTID: has another value than tenant_id in", variable: prefix + "TENANTID", errorTag: tag,
		},
		{
			name: "word in a variable",
			env:  []string{prefix + "HOST=" + hostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity"},
			host: hostA, method: dsn.MethodManagedIdentity,
		},
		{
			name: "the default word contradicts nothing",
			env: []string{
				prefix + "HOST=" + hostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
				prefix + "AUTHENTICATIONTYPE=azure-active-directory-default",
			},
			host: hostA, method: dsn.MethodManagedIdentity,
		},
		{
			name: "the default word gives way",
			env: []string{
				prefix + "CONNECTIONSTRING=" + stringA + " authentication=ActiveDirectoryDefault",
				prefix + "AUTHENTICATION=ActiveDirectoryWorkloadIdentity",
			},
			host: hostA, method: dsn.MethodWorkloadIdentity,
		},
		{
			name: "two words that contradict each other",
			env: []string{
				prefix + "HOST=" + hostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
				prefix + "AUTHENTICATIONTYPE=ActiveDirectoryServicePrincipal",
			},
			err:      "AZURE_POSTGRESQL_AUTHENTICATIONTYPE: has another value than AZURE_POSTGRESQL_AUTHENTICATION",
			variable: prefix + "AUTHENTICATIONTYPE", errorTag: tag,
		},
		{
			name: "an unknown word",
			env:  []string{prefix + "HOST=" + hostA, prefix + "AUTHENTICATION=" + canary},
			err:  "AZURE_POSTGRESQL_AUTHENTICATION: authentication: ", variable: prefix + "AUTHENTICATION",
		},
	})
}
