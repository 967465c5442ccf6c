package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// openPython opens a connection to SQL Server as Service Connector writes it for
// Python, with a managed identity's ID as the user.
func openPython(t *testing.T, id string) *Handle {
	t.Helper()
	return openSplit(t, "AZURE_SQL_USER="+id, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi")
}

func TestSQLUserIsAClientIDOrAnObjectID(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnAppService()
	for name, pick := range map[string]func(azuretest.Identity) string{
		"client ID": func(id azuretest.Identity) string { return id.ClientID },
		"object ID": func(id azuretest.Identity) string { return id.ObjectID },
	} {
		t.Run(name, func(t *testing.T) {
			id := b.AddUserAssigned(azuretest.Identity{})
			h := openPython(t, pick(id))
			login, err := h.Login(t.Context())
			require.NoError(t, err)
			claims, err := b.Verify(login.Password.Reveal(), azuretest.SQLAudience)
			require.NoError(t, err)
			assert.Equal(t, id.ClientID, claims.ClientID)
			assert.Contains(t, h.Status().Identity, name+" "+pick(id))

			// The next token is asked for in the way that worked.
			before := b.TokenRequests()
			a := h.account.Load()
			_, err = a.source.Fetch(t.Context(), true)
			require.NoError(t, err)
			assert.Equal(t, 1, b.TokenRequests()-before)
		})
	}
}

func TestSQLUserThatIsNeither(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnAppService()
	b.AddUserAssigned(azuretest.Identity{})
	_, err := openPython(t, connectortest.TestOther).Login(t.Context())
	require.ErrorContains(t, err, "no managed identity of this host has this client ID or object ID")
	connectortest.AssertClean(t, err)
	failed, ok := err.(*passwordless.TokenError)
	require.True(t, ok)
	assert.Equal(t, "identity-not-found", failed.Anchor)
}
