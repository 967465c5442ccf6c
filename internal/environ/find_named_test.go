package environ

import (
	"testing"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestDiscoverNamedConnections(t *testing.T) {
	const prefix = "AZURE_POSTGRESQL_"
	runDiscoverCases(t, []discoverCase{
		{
			name: "asked for in any case",
			ask:  "connection:orders",
			env: []string{
				prefix + "CONNECTIONSTRING=" + connectortest.StringB, prefix + "CLIENTID=" + connectortest.ClientB,
				prefix + "ORDERS_CONNECTIONSTRING=" + connectortest.StringA, prefix + "ORDERS_CLIENTID=" + connectortest.ClientA,
			},
			host: connectortest.HostA, clientID: connectortest.ClientA, connection: "ORDERS", warning: "none",
			source:    "variable AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING",
			variables: []string{prefix + "ORDERS_CLIENTID", prefix + "ORDERS_CONNECTIONSTRING"},
		},
		{
			name: "a name that looks like a key",
			ask:  "connection:my_host",
			env:  []string{prefix + "MY_HOST=" + connectortest.HostB, prefix + "MY_HOST_HOST=" + connectortest.HostA, prefix + "MY_HOST_NAME=da"},
			host: connectortest.HostA, database: "da", connection: "MY_HOST",
		},
		{
			name: "a name that is a key",
			ask:  "connection:host",
			env:  []string{prefix + "HOST=" + connectortest.HostB, prefix + "HOST_SERVER=" + connectortest.HostA, prefix + "HOST_USER=ua"},
			host: connectortest.HostA, user: "ua", connection: "HOST",
		},
		{
			name: "a name with many underscores",
			ask:  "connection:_a__b_",
			env:  []string{prefix + "_A__B__HOST=" + connectortest.HostA},
			host: connectortest.HostA, connection: "_A__B_",
		},
		{
			name: "a period in the name as it was replaced",
			ask:  "connection:eu.orders",
			env:  []string{prefix + "EU_ORDERS_HOST=" + connectortest.HostA},
			host: connectortest.HostA, connection: "EU_ORDERS",
		},
		{
			name: "a period in the variable's name wins",
			ask:  "connection:eu.orders",
			env:  []string{prefix + "EU_ORDERS_HOST=" + connectortest.HostB, prefix + "EU.ORDERS_HOST=" + connectortest.HostA},
			host: connectortest.HostA, connection: "EU.ORDERS",
		},
		{
			name: "the only one is the default",
			env:  []string{prefix + "TESTCONN_CONNECTIONSTRING=" + connectortest.StringA, prefix + "TESTCONN_TENANTID=" + connectortest.TenantA},
			host: connectortest.HostA, tenantID: connectortest.TenantA, connection: "TESTCONN",
		},
		{
			name: "the only one, although under both prefixes",
			env:  []string{"NEON_POSTGRESQL_X_HOST=" + connectortest.HostB, prefix + "X_HOST=" + connectortest.HostA},
			host: connectortest.HostA, connection: "X",
		},
		{
			name: "the only one, as App Service stores connection strings",
			env:  []string{"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_X_CONNECTIONSTRING=" + connectortest.StringA, prefix + "X_CLIENTID=" + connectortest.ClientA},
			host: connectortest.HostA, clientID: connectortest.ClientA, connection: "X",
		},
		{
			name: "the only one that is complete",
			env:  []string{prefix + "A_HOST=" + connectortest.HostA, prefix + "B_DATABASE=b", prefix + "FLEXIBLE_SERVER_NAME=x"},
			host: connectortest.HostA, connection: "A",
		},
		{
			name: "several and no default",
			env:  []string{prefix + "ORDERS_HOST=" + connectortest.HostA, prefix + "AUDIT_HOST=" + connectortest.HostB},
			err: "there are settings for the connections AUDIT, ORDERS and none for the default one: " +
				`name one, as in sql.Open("azure-postgres", "connection:AUDIT")`,
			errorTag: "several-connections",
		},
		{
			name: "the default wins over a named one",
			env:  []string{prefix + "ORDERS_HOST=" + connectortest.HostB, prefix + "HOST=" + connectortest.HostA},
			host: connectortest.HostA,
		},
		{
			name: "a default that lost its host is not replaced by a named one",
			env:  []string{prefix + "ORDERS_HOST=" + connectortest.HostB, prefix + "CLIENTID=" + connectortest.ClientA},
			err:  `or name a renamed variable, as in sql.Open("azure-postgres", "env:NAME")`, variable: prefix + "CLIENTID", errorTag: "no-connection-settings",
		},
		{
			name: "unknown name",
			ask:  "connection:billing",
			env:  []string{prefix + "ORDERS_HOST=" + connectortest.HostA, prefix + "AUDIT_HOST=" + connectortest.HostB},
			err:  "no settings for connection billing: the named connections are AUDIT, ORDERS", errorTag: "no-connection-settings",
		},
		{
			name: "unknown name, and no named connection",
			ask:  "connection:billing",
			env:  []string{prefix + "HOST=" + connectortest.HostA},
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
				prefix + "CONNECTIONSTRING=" + connectortest.StringA, prefix + "CLIENTID=" + connectortest.ClientA,
				prefix + "CLIENTSECRET=" + connectortest.Canary, prefix + "TENANTID=" + connectortest.TenantA,
			},
			host: connectortest.HostA, clientID: connectortest.ClientA, tenantID: connectortest.TenantA, clientSecret: connectortest.Canary,
		},
		{
			name: "variables of the identity SDK are nobody's",
			env: []string{
				prefix + "CONNECTIONSTRING=" + connectortest.StringA, "AZURE_CLIENT_ID=" + connectortest.ClientA,
				"AZURE_TENANT_ID=" + connectortest.TenantA, "AZURE_CLIENT_SECRET=" + connectortest.Canary,
			},
			host: connectortest.HostA,
		},
		{
			name: "string and variable agree, in any case",
			env:  []string{prefix + "CONNECTIONSTRING=" + connectortest.StringA + " client_id=" + connectortest.ClientA, prefix + "CLIENTID=AAAAAAAA-0000-4000-8000-000000000000"},
			host: connectortest.HostA, clientID: connectortest.ClientA,
		},
		{
			name: "string and variable contradict each other",
			env:  []string{prefix + "CONNECTIONSTRING=" + connectortest.StringA + " client_id=" + connectortest.ClientA, prefix + "CLIENTID=" + connectortest.ClientB},
			err:  "AZURE_POSTGRESQL_CLIENTID: has another value than client_id in AZURE_POSTGRESQL_CONNECTIONSTRING", variable: prefix + "CLIENTID", errorTag: tag,
		},
		{
			name: "tenants contradict each other",
			env:  []string{prefix + "CONNECTIONSTRING=" + connectortest.StringA + " tenant_id=" + connectortest.TenantA, prefix + "TENANTID=" + connectortest.ClientB},
			err:  "AZURE_POSTGRESQL_TENANTID: has another value than tenant_id in", variable: prefix + "TENANTID", errorTag: tag,
		},
		{
			name: "word in a variable",
			env:  []string{prefix + "HOST=" + connectortest.HostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity"},
			host: connectortest.HostA, method: dsn.MethodManagedIdentity,
		},
		{
			name: "the default word contradicts nothing",
			env: []string{
				prefix + "HOST=" + connectortest.HostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
				prefix + "AUTHENTICATIONTYPE=azure-active-directory-default",
			},
			host: connectortest.HostA, method: dsn.MethodManagedIdentity,
		},
		{
			name: "the default word gives way",
			env: []string{
				prefix + "CONNECTIONSTRING=" + connectortest.StringA + " authentication=ActiveDirectoryDefault",
				prefix + "AUTHENTICATION=ActiveDirectoryWorkloadIdentity",
			},
			host: connectortest.HostA, method: dsn.MethodWorkloadIdentity,
		},
		{
			name: "two words that contradict each other",
			env: []string{
				prefix + "HOST=" + connectortest.HostA, prefix + "AUTHENTICATION=ActiveDirectoryManagedIdentity",
				prefix + "AUTHENTICATIONTYPE=ActiveDirectoryServicePrincipal",
			},
			err:      "AZURE_POSTGRESQL_AUTHENTICATIONTYPE: has another value than AZURE_POSTGRESQL_AUTHENTICATION",
			variable: prefix + "AUTHENTICATIONTYPE", errorTag: tag,
		},
		{
			name: "an unknown word",
			env:  []string{prefix + "HOST=" + connectortest.HostA, prefix + "AUTHENTICATION=" + connectortest.Canary},
			err:  "AZURE_POSTGRESQL_AUTHENTICATION: authentication: ", variable: prefix + "AUTHENTICATION",
		},
	})
}
