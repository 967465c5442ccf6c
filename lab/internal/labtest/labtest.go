// Package labtest holds what the tests of the lab's servers have in common.
package labtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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

// Shared is a server that the tests of a package use together, with its cloud. [Main] ends both.
type Shared[S io.Closer] func() (*azuretest.Cloud, S, error)

// toClose are what Main ends, the last one first.
var toClose []io.Closer

// Share makes a server that starts when the first test needs it.
func Share[S io.Closer, O any](start func(context.Context, *azuretest.Cloud, O) (S, error), o O) Shared[S] {
	type running struct {
		cloud  *azuretest.Cloud
		server S
	}
	once := sync.OnceValues(func() (r running, err error) {
		if r.cloud, err = azuretest.Start(); err != nil {
			return r, err
		}
		AtEnd(r.cloud)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if r.server, err = start(ctx, r.cloud, o); err == nil {
			AtEnd(r.server)
		}
		return r, err
	})
	return func() (*azuretest.Cloud, S, error) {
		r, err := once()
		return r.cloud, r.server, err
	}
}

// Get is for the first line of a test.
func (s Shared[S]) Get(t *testing.T) (*azuretest.Cloud, S) {
	t.Helper()
	cloud, server, err := s()
	require.NoError(t, err)
	return cloud, server
}

// AtEnd has Main close what several tests use.
func AtEnd(c io.Closer) { toClose = append(toClose, c) }

// Main is for the TestMain of a package whose tests share servers.
func Main(m *testing.M) {
	code := m.Run()
	for _, c := range slices.Backward(toClose) {
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Unique makes a name, such as of a user, that no other run of a test has on a shared server.
func Unique(name string) string { return name + "_" + strings.ToLower(rand.Text()[:8]) }

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
