package drivertest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// LoginError is the one that err, which must be one, wraps.
func LoginError(t testing.TB, err error) *passwordless.LoginError {
	t.Helper()
	login, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	return login
}

// RefusedLogin is the error of a login that the bench's server refused because of
// its user, which is all that the server has seen.
func (b *Bench[S, O, C]) RefusedLogin(t testing.TB, err error, engine dsn.Engine, user string) {
	t.Helper()
	login := LoginError(t, err)
	assert.Equal(t, engine, login.Engine)
	assert.Equal(t, b.Server.Addr(), login.Host)
	assert.Equal(t, "orders", login.Database)
	assert.Equal(t, user, login.User)
	assert.NotEmpty(t, login.Identity)
	assert.NotEmpty(t, login.Claims)
	assert.Equal(t, "no-database-user", login.Anchor)
	assert.Len(t, b.Server.Logins(), 1)
}

// SetupError is the one that err, which must be one, wraps.
func SetupError(t testing.TB, err error) *passwordless.SetupError {
	t.Helper()
	setup, ok := errors.AsType[*passwordless.SetupError](err)
	require.True(t, ok, "%v", err)
	return setup
}
