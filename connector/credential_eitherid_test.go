package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// openPython opens a connection to SQL Server as Service Connector writes it for
// Python, with a managed identity's ID as the user.
func openPython(t *testing.T, id string) *Handle {
	t.Helper()
	return openSplit(t, "AZURE_SQL_USER="+id, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi")
}

func TestSQLUserIsAClientIDOrAnObjectID(t *testing.T) {
	b := newBench(t)
	b.onAppService()
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
			_, err = a.source.fetch(t.Context(), true)
			require.NoError(t, err)
			assert.Equal(t, 1, b.TokenRequests()-before)
		})
	}
}

func TestSQLUserThatIsNeither(t *testing.T) {
	b := newBench(t)
	b.onAppService()
	b.AddUserAssigned(azuretest.Identity{})
	_, err := openPython(t, testOther).Login(t.Context())
	require.ErrorContains(t, err, "no managed identity of this host has this client ID or object ID")
	assertClean(t, err)
	failed, ok := err.(*TokenError)
	require.True(t, ok)
	assert.Equal(t, "identity-not-found", failed.Anchor)
}

// What fails for another reason than the ID settles nothing.
func TestSQLUserWhenTheSecondQuestionFails(t *testing.T) {
	b := newBench(t)
	b.onAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	b.Inject(azuretest.Fault{Status: 400, Times: 1})
	b.Inject(azuretest.Fault{Status: 403, Times: 1})
	chosen := identity{kind: UserAssigned, clientID: id.ObjectID, eitherID: true}
	s, err := newSource(chosen, b.cloudInfo(), &Options{Transport: b.Transport()})
	require.NoError(t, err)
	_, err = s.fetch(t.Context(), false)
	require.ErrorContains(t, err, "HTTP 403")
	assert.False(t, s.byObject.Load())
	b.fetch(s, false, id)
	assert.True(t, s.byObject.Load())
	assert.Equal(t, id.ObjectID, s.as(chosen).objectID)
}
