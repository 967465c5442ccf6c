package credential

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
)

// sourceBench makes sources that ask the test cloud.
type sourceBench struct {
	*connectortest.Bench
	t *testing.T
}

func newSourceBench(t *testing.T) *sourceBench {
	t.Helper()
	return &sourceBench{connectortest.NewBench(t), t}
}

// cloudInfo leads to the test cloud's authority, for PostgreSQL.
func (b *sourceBench) cloudInfo() cloud.Cloud {
	return cloud.Cloud{Name: "AzureCloud", Scope: connectortest.ScopeOSS, Authority: b.AuthorityHost()}
}

// source is that of the identity that is chosen for the connection's keys.
func (b *sourceBench) source(id dsn.Identity, variables ...string) *Source {
	b.t.Helper()
	o := &passwordless.Options{Transport: b.Transport()}
	chosen, err := identity.Choose(dsn.Config{Engine: dsn.PostgreSQL, Identity: id}, environ.NewVars(variables), identity.DetectHost(), o)
	require.NoError(b.t, err)
	s, err := New(chosen, b.cloudInfo(), o)
	require.NoError(b.t, err)
	return s
}

// fetch asks s for a token and checks whose it is.
func (b *sourceBench) fetch(s *Source, fresh bool, whose azuretest.Identity) azcore.AccessToken {
	b.t.Helper()
	tok, err := s.Fetch(b.t.Context(), fresh)
	require.NoError(b.t, err)
	claims, err := b.Verify(tok.Token, azuretest.OSSRDBMSAudience)
	require.NoError(b.t, err)
	assert.Contains(b.t, claims.Names, whose.Name)
	return tok
}

// fails asks s for a token that it cannot get. The error must be one line and
// hold none of the secrets.
func (b *sourceBench) fails(s *Source, secrets ...string) error {
	b.t.Helper()
	_, err := s.Fetch(b.t.Context(), false)
	require.Error(b.t, err)
	connectortest.AssertClean(b.t, err, secrets...)
	return err
}
