package environ

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestSetupErrorText(t *testing.T) {
	cause := errors.New("is not set")
	assert.EqualError(t, &passwordless.SetupError{Err: cause}, "passwordless: is not set")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Err: cause}, "passwordless: A: is not set")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Anchor: "x", Err: cause},
		"passwordless: A: is not set (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#x)")
}

func TestSetupErrorOfAStringHasOnePrefix(t *testing.T) {
	_, parse := dsn.Parse(dsn.PostgreSQL, "host=h port=x")
	assert.ErrorContains(t, parse, "dsn: port: ")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Err: parse}, "passwordless: A: "+strings.TrimPrefix(parse.Error(), "dsn: "))
	assert.EqualError(t, &passwordless.SetupError{Err: errors.New("dsn: x")}, "passwordless: dsn: x", "only a parse error's own")
}

func TestSetupErrorUnwraps(t *testing.T) {
	_, err := Find(dsn.PostgreSQL, "host=h port=x", environOf())
	var parse *dsn.ParseError
	assert.ErrorAs(t, err, &parse)
}

func TestDiscoverUnknownEngine(t *testing.T) {
	_, err := Find(dsn.Engine(9), "", environOf())
	assert.EqualError(t, err, "passwordless: unknown engine is not supported")
}

const unresolved = "unresolved-reference"

// discoverUnresolvedCases are the rows of TestDiscoverUnresolved.
var discoverUnresolvedCases = []discoverCase{
	{
		name: "connection string in a key vault",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.KeyVault, "AZURE_POSTGRESQL_HOST=" + connectortest.HostA},
		err:  "AZURE_POSTGRESQL_CONNECTIONSTRING: unresolved key vault reference", variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: unresolved,
	},
	{
		name: "client ID in a key vault, the other form",
		env: []string{
			"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA,
			"AZURE_POSTGRESQL_CLIENTID=@microsoft.keyvault(VaultName=" + connectortest.Canary + ";SecretName=x)",
		},
		err: "AZURE_POSTGRESQL_CLIENTID: unresolved key vault reference", variable: "AZURE_POSTGRESQL_CLIENTID", errorTag: unresolved,
	},
	{
		name: "password in a key vault",
		env:  []string{"AZURE_POSTGRESQL_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_PASSWORD=" + connectortest.KeyVault},
		err:  "AZURE_POSTGRESQL_PASSWORD: unresolved key vault reference", variable: "AZURE_POSTGRESQL_PASSWORD", errorTag: unresolved,
	},
	{
		name: "authentication in App Configuration",
		env: []string{
			"AZURE_POSTGRESQL_HOST=" + connectortest.HostA,
			"AZURE_POSTGRESQL_AUTHENTICATION=@Microsoft.AppConfiguration(Endpoint=https://" + connectortest.Canary + "; Key=x)",
		},
		err: "AZURE_POSTGRESQL_AUTHENTICATION: unresolved app configuration reference", variable: "AZURE_POSTGRESQL_AUTHENTICATION", errorTag: unresolved,
	},
	{
		name: "older spelling of App Configuration",
		env:  []string{"AZURE_POSTGRESQL_HOST=@Microsoft.AppConfig(Endpoint=https://" + connectortest.Canary + ")"},
		err:  "AZURE_POSTGRESQL_HOST: unresolved app configuration reference", variable: "AZURE_POSTGRESQL_HOST", errorTag: unresolved,
	},
	{
		name: "inside a longer value",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA + " password=" + connectortest.KeyVault},
		err:  "unresolved key vault reference", variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: unresolved,
	},
	{
		name: "Spring's url",
		env:  []string{"spring.datasource.url=" + connectortest.KeyVault},
		err:  "spring.datasource.url: unresolved key vault reference", variable: "spring.datasource.url", errorTag: unresolved,
	},
	{
		name: "renamed variable",
		ask:  "env:DB", env: []string{"DB=" + connectortest.KeyVault},
		err: "DB: unresolved key vault reference", variable: "DB", errorTag: unresolved,
	},
	{
		name: "the caller's string, from a variable",
		ask:  connectortest.KeyVault, env: []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.KeyVault},
		err: "unresolved key vault reference", variable: "AZURE_POSTGRESQL_CONNECTIONSTRING", errorTag: unresolved,
	},
	{
		name: "the caller's string, from anywhere",
		ask:  connectortest.KeyVault,
		err:  "passwordless: unresolved key vault reference", errorTag: unresolved,
	},
	{
		name: "an unused variable does not matter",
		env:  []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA, "AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING=" + connectortest.KeyVault},
		host: connectortest.HostA, warning: "none",
	},
}

func TestDiscoverUnresolved(t *testing.T) {
	runDiscoverCases(t, discoverUnresolvedCases)
}
