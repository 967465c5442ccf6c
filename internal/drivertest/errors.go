package drivertest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
)

// LoginError is the one that err, which must be one, wraps.
func LoginError(t testing.TB, err error) *passwordless.LoginError {
	t.Helper()
	login, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	return login
}

// SetupError is the one that err, which must be one, wraps.
func SetupError(t testing.TB, err error) *passwordless.SetupError {
	t.Helper()
	setup, ok := errors.AsType[*passwordless.SetupError](err)
	require.True(t, ok, "%v", err)
	return setup
}
