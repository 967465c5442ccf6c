package environ

import (
	"testing"

	"github.com/azuredb/passwordless/internal/connectortest"
)

const jdbcA = "jdbc:postgresql://" + connectortest.HostA + ":5432/da?sslmode=require"

// discoverSpringCases are the rows of TestDiscoverSpring.
var discoverSpringCases = []discoverCase{
	{
		name: "dots and hyphens",
		env: []string{
			"spring.datasource.url=" + jdbcA, "spring.datasource.username=ua",
			"spring.datasource.azure.passwordless-enabled=true",
			"spring.cloud.azure.credential.client-id=" + connectortest.ClientA,
			"spring.cloud.azure.credential.client-secret=" + connectortest.Canary,
			"spring.cloud.azure.credential.tenant-id=" + connectortest.TenantA,
		},
		host: connectortest.HostA, user: "ua", database: "da", clientID: connectortest.ClientA, clientSecret: connectortest.Canary, tenantID: connectortest.TenantA,
		source: "variable spring.datasource.url", warning: "none",
	},
	{
		name: "underscores, hyphens kept",
		env:  []string{"spring_datasource_url=" + jdbcA, "spring_datasource_username=ua", "spring_cloud_azure_credential_client-id=" + connectortest.ClientA},
		host: connectortest.HostA, user: "ua", clientID: connectortest.ClientA,
	},
	{
		name: "upper case, hyphens dropped",
		env:  []string{"SPRING_DATASOURCE_URL=" + jdbcA, "SPRING_DATASOURCE_USERNAME=ua", "SPRING_CLOUD_AZURE_CREDENTIAL_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostA, user: "ua", clientID: connectortest.ClientA,
	},
	{
		name: "upper case, hyphens replaced",
		env:  []string{"SPRING_DATASOURCE_URL=" + jdbcA, "SPRING_CLOUD_AZURE_CREDENTIAL_CLIENT_ID=" + connectortest.ClientA},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "names of 2022",
		env: []string{
			"spring.datasource.url=" + jdbcA, "spring.datasource.passwordless-enabled=true",
			"spring.cloud.Azure.credential.client-id=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "the data source's own identity comes first",
		env: []string{
			"spring.datasource.url=" + jdbcA, "spring.cloud.azure.credential.client-id=" + connectortest.ClientB,
			"spring.datasource.azure.credential.client-id=" + connectortest.ClientA, "spring.cloud.azure.profile.tenant-id=" + connectortest.TenantA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, tenantID: connectortest.TenantA,
	},
	{
		name: "password",
		env:  []string{"spring.datasource.url=" + jdbcA, "spring.datasource.username=ua", "spring.datasource.password=pw"},
		host: connectortest.HostA, user: "ua", password: "pw",
	},
	{
		name: "variables of Service Connector come first",
		env:  []string{"spring.datasource.url=jdbc:postgresql://" + connectortest.HostB + "/db", "AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_USER=u"},
		host: connectortest.HostA, user: "u",
	},
	{
		name: "Spring comes before a named connection",
		env:  []string{"spring.datasource.url=" + jdbcA, "AZURE_POSTGRESQL_ORDERS_HOST=" + connectortest.HostB},
		host: connectortest.HostA,
	},
	{
		name: "another engine's url is not ours",
		env:  []string{"spring.datasource.url=jdbc:mysql://" + connectortest.HostB + "/db", "AZURE_POSTGRESQL_ORDERS_HOST=" + connectortest.HostA},
		host: connectortest.HostA, connection: "ORDERS",
	},
	{
		name: "another engine's url and nothing else",
		env:  []string{"spring.datasource.url=jdbc:mysql://" + connectortest.HostB + "/db"},
		err:  "no connection settings", errorTag: "no-connection-settings",
	},
	{
		name: "two spellings of a property contradict each other",
		env:  []string{"spring.datasource.url=" + jdbcA, "SPRING_DATASOURCE_URL=jdbc:postgresql://" + connectortest.HostB + "/db"},
		err:  "has another value than", variable: "SPRING_DATASOURCE_URL", errorTag: conflicting,
	},
	{
		name: "the url has another user",
		env:  []string{"spring.datasource.url=" + jdbcA + "&user=ub", "spring.datasource.username=ua"},
		err:  "spring.datasource.username: has another value than user in spring.datasource.url", variable: "spring.datasource.username", errorTag: conflicting,
	},
	{
		name: "the url has another password",
		env:  []string{"spring.datasource.url=" + jdbcA + "&user=u&password=" + connectortest.Canary, "spring.datasource.password=pw"},
		err:  "spring.datasource.password: has another value than password in", variable: "spring.datasource.password", errorTag: conflicting,
	},
	{
		name: "passwordless with a password",
		env: []string{
			"spring.datasource.url=" + jdbcA, "spring.datasource.username=ua", "spring.datasource.password=" + connectortest.Canary,
			"spring.datasource.azure.passwordless-enabled=true",
		},
		err: "is set although spring.datasource.azure.passwordless-enabled is true", variable: "spring.datasource.password", errorTag: conflicting,
	},
	{
		name: "a bad url",
		env:  []string{"spring.datasource.url=jdbc:postgresql://" + connectortest.HostA + ":x/" + connectortest.Canary},
		err:  "passwordless: spring.datasource.url: port: ", variable: "spring.datasource.url",
	},
}

func TestDiscoverSpring(t *testing.T) {
	runDiscoverCases(t, discoverSpringCases)
}
