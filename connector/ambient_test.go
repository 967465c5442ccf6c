package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// Status and Inspect say which variable named the identity, and why it counts.
func TestAmbientIdentityIsExplained(t *testing.T) {
	onAppServiceWithoutTools(t)
	literal := "Server=s.database.windows.net;Database=d"
	client := "AZURE_CLIENT_ID=" + connectortest.ClientA
	i, err := inspect(t, dsn.SQLServer, literal, client)
	require.NoError(t, err)
	assert.Contains(t, i.Identity, passwordless.UserAssigned.String())
	assert.Equal(t, connectortest.ClientA, i.ClientID)
	assert.Equal(t, []string{"AZURE_CLIENT_ID"}, i.Variables)
	assert.Contains(t, i.Why, "AZURE_CLIENT_ID names the identity: the connection string names none and is not Service Connector's; ")
	assert.Empty(t, i.Warnings)

	i, err = inspect(t, dsn.SQLServer, literal+";Authentication=Active Directory Default", client, "AZURE_TENANT_ID=t", "AZURE_CLIENT_SECRET="+connectortest.Canary)
	require.NoError(t, err)
	assert.Contains(t, i.Identity, passwordless.ServicePrincipal.String())
	assert.Equal(t, []string{"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"}, i.Variables)
	assert.Contains(t, i.Why, "asks for the default identity, which AZURE_CLIENT_ID names")

	i, err = inspect(t, dsn.SQLServer, "", client, "AZURE_SQL_CONNECTIONSTRING="+literal+";Authentication=ActiveDirectoryManagedIdentity")
	require.NoError(t, err)
	assert.Contains(t, i.Identity, passwordless.SystemAssigned.String())
	assert.Equal(t, []string{"AZURE_SQL_CONNECTIONSTRING"}, i.Variables)
	assert.Equal(t, []string{"AZURE_CLIENT_ID is set but ignored: if it names this connection's identity, set the connection's CLIENTID (client_id in a connection string)"}, i.Warnings)
}

// One message helps, whichever way the local server is named.
func TestLocalServerWithoutPassword(t *testing.T) {
	onAppServiceWithoutTools(t)
	for _, s := range []string{"host=localhost user=me sslmode=disable", "postgres://me@127.0.0.1/d", "postgres://me@db:5432/d?sslmode=disable"} {
		_, err := Open(dsn.PostgreSQL, s, nil)
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup)
		assert.Equal(t, "untrusted-host", setup.Anchor)
		assert.ErrorContains(t, err, "is a local server, and the connection has no password: set it (any, if the server asks for none)")
	}
	_, err := Open(dsn.PostgreSQL, "host=localhost user=me client_id="+connectortest.ClientA, nil)
	assert.ErrorContains(t, err, "add the exact name to Options.TrustedHosts")
	h, err := Open(dsn.PostgreSQL, "host=localhost user=me password=any sslmode=disable", nil)
	require.NoError(t, err)
	require.NoError(t, h.Close())
}
