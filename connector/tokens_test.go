package connector

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// Two handles may share a token although they came to its identity by different
// rules: each keeps its own rule, and with it its own database user.
func TestSharersKeepTheirOwnRule(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	developer := b.SignIn(azuretest.Identity{Name: "dev@contoso.com"})
	open := func(s string, environ ...string) *Handle {
		h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d "+s, &passwordless.Options{
			Transport: b.Transport(), Environ: func() []string { return environ }})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, h.Close()) })
		return h
	}
	fallback := open("user=app", "AZURE_TOKEN_CREDENTIALS=AzureCLICredential")
	byMethod := open("user=dba_group authentication=ActiveDirectoryAzCli")
	for h, want := range map[*Handle]struct {
		user string
		rule string
	}{fallback: {developer.Name, "developer sign-in"}, byMethod: {"dba_group", "authentication method"}} {
		login, err := h.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want.user, login.User)
		assert.Equal(t, want.rule, h.Status().Rule)
	}
	assert.Empty(t, byMethod.Status().Warnings)
	assert.Equal(t, 1, b.Seen(azuretest.AzureCLI))
}

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
	_, err := openPython(t, connectortest.OtherClient).Login(t.Context())
	require.ErrorContains(t, err, "no managed identity of this host has this client ID or object ID")
	connectortest.AssertClean(t, err)
	failed, ok := err.(*passwordless.TokenError)
	require.True(t, ok)
	assert.Equal(t, "identity-not-found", failed.Anchor)
}

func TestHandlesOfOneIdentityShareOneRequest(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	handles := make([]*Handle, 20)
	for i := range handles {
		handles[i] = a.open(t)
	}
	var logins sync.WaitGroup
	for i := range 500 {
		logins.Go(func() {
			_, err := handles[i%len(handles)].Login(t.Context())
			assert.NoError(t, err)
		})
	}
	logins.Wait()
	assert.Equal(t, 1, a.cloud.TokenRequests())
}
