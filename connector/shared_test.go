package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// Two handles may share a token although they came to its identity by different
// rules: each keeps its own rule, and with it its own database user.
func TestSharersKeepTheirOwnRule(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(b.InstallAzureCLI)
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
	}{fallback: {developer.Name, identity.RuleDeveloper}, byMethod: {"dba_group", identity.RuleMethod}} {
		login, err := h.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want.user, login.User)
		assert.Equal(t, want.rule, h.Status().Rule)
	}
	assert.Empty(t, byMethod.Status().Warnings)
	assert.Equal(t, 1, b.Seen(azuretest.AzureCLI))
}

func TestAStringMayNotNameBothNameAndSigner(t *testing.T) {
	const s = "host=127.0.0.1 user=u hostNameInCertificate=" + testHost + " sslrootcert="
	environ := func() []string { return nil }
	_, err := Open(dsn.PostgreSQL, s+"some.pem", &passwordless.Options{Environ: environ})
	setup, ok := err.(*passwordless.SetupError)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	assert.Equal(t, "sslrootcert", setup.Variable)

	h, err := Open(dsn.PostgreSQL, s+"system", &passwordless.Options{Environ: environ})
	require.NoError(t, err)
	assert.NoError(t, h.Close())
}
