// Package labtest has what the lab's tests share.
package labtest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Cloud is a cloud until the test ends.
func Cloud(t *testing.T) *azuretest.Cloud {
	t.Helper()
	cloud, err := azuretest.Start(nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	return cloud
}

// Limited is a context that ends a hanging test.
func Limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TokenOf mints a token of a new identity of that name.
func TokenOf(cloud *azuretest.Cloud, name string) string {
	return cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: name}), azuretest.TokenOptions{})
}

// Running starts a server and closes it when the test ends.
func Running[S interface{ Close() error }, O any](t *testing.T, start func(context.Context, *azuretest.Cloud, O) (S, error), cloud *azuretest.Cloud, o O) S {
	t.Helper()
	s, err := start(Limited(t), cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// RequireClosed asserts that nothing listens on the address any more.
func RequireClosed(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close() // the test fails anyway
	}
	require.Error(t, err)
}

// Install puts files with the names of a server's programs into root/dir, and returns that directory.
func Install(t *testing.T, root, dir string, programs ...string) string {
	t.Helper()
	dir = filepath.Join(root, dir)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o755))
	}
	return dir
}
