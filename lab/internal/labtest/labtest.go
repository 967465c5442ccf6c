// Package labtest holds what the tests of the lab's servers have in common.
package labtest

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Limited is a context that ends a hanging test.
func Limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TokenOf mints a token of a new identity of that name.
func TokenOf(cloud *azuretest.Cloud, name string) string {
	return cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: name}), azuretest.OSSRDBMSAudience)
}

// Running starts a server and closes it when the test ends.
func Running[S io.Closer, O any](t *testing.T, start func(context.Context, *azuretest.Cloud, O) (S, error), cloud *azuretest.Cloud, o O) S {
	t.Helper()
	s, err := start(Limited(t), cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// RequireClosed asserts that nothing listens on the address any more.
func RequireClosed(t *testing.T, address string) {
	t.Helper()
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
}

// Install puts files with the names of the server's programs into root/dir.
func Install(t *testing.T, root, dir string, programs ...string) string {
	t.Helper()
	dir = filepath.Join(root, dir)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o755))
	}
	return dir
}
