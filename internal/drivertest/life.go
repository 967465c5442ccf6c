package drivertest

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// OneTokenForManyConnections opens 50 connections at once.
func (b *Bench[S, O, C]) OneTokenForManyConnections(t *testing.T, more ...string) {
	t.Helper()
	c := b.Connector(t, more...)
	errs := make(chan error)
	for range 50 {
		go func() { errs <- Connect(t, c) }()
	}
	for range 50 {
		require.NoError(t, <-errs)
	}
	require.Len(t, b.Issuer.Issued(), 1)
	require.NoError(t, b.Server.Close())
	require.Len(t, b.Server.Logins(), 50)
	assert.Len(t, b.Issuer.Issued()[0], b.Server.Logins()[0].PasswordLength)
	assert.Empty(t, b.Server.Plaintext())
}

// ExpiredTokenIsRetriedOnce meets a server that says that the token has expired
// once, and one that says so always.
func (b *Bench[S, O, C]) ExpiredTokenIsRetriedOnce(t *testing.T) {
	t.Helper()
	c := b.Connector(t)
	require.NoError(t, Connect(t, c))
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	require.NoError(t, Connect(t, c))
	assert.Len(t, b.Issuer.Issued(), 2)

	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken})
	assert.Equal(t, "token-expired", LoginError(t, Connect(t, c)).Anchor)
	assert.Len(t, b.Issuer.Issued(), 3)
	assert.Len(t, b.Server.Logins(), 5)
}

// CloseIsIdempotent closes a connector several times and uses it afterwards.
func (b *Bench[S, O, C]) CloseIsIdempotent(t *testing.T) {
	t.Helper()
	c := b.Connector(t)
	require.NoError(t, Connect(t, c))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.NoError(t, Connect(t, c))
	assert.Equal(t, b.engine.Driver, c.Driver())

	// Two databases on one connector: closing the first leaves the second working.
	first, second := sql.OpenDB(c), sql.OpenDB(c)
	require.NoError(t, first.PingContext(t.Context()))
	require.NoError(t, first.Close())
	require.NoError(t, second.PingContext(t.Context()))
	require.NoError(t, second.Close())
	assert.Equal(t, "orders", c.Status().Database)
}
