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

// toClose are what Main ends, the last one first.
var toClose []func() error

// AtEnd has Main close what several tests use.
func AtEnd(end func() error) { toClose = append(toClose, end) }

// Cloud returns the cloud that the tests of a package share. It starts when the first test needs it; [Main] ends it.
var Cloud = sync.OnceValues(func() (*azuretest.Cloud, error) { return untilEnd(azuretest.Start()) })

// Shared is a server of the shared [Cloud] that the tests of a package use together.
type Shared[S io.Closer] func() (S, error)

// Share makes a server that starts when the first test needs it; [Main] ends it.
func Share[S io.Closer, O any](start func(context.Context, *azuretest.Cloud, O) (S, error), o O) Shared[S] {
	return sync.OnceValues(func() (server S, err error) {
		cloud, err := Cloud()
		if err != nil {
			return server, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		return untilEnd(start(ctx, cloud, o))
	})
}

// untilEnd has Main end what has just been started.
func untilEnd[C io.Closer](c C, err error) (C, error) {
	if err == nil {
		AtEnd(c.Close)
	}
	return c, err
}

// Get is for the first line of a test.
func (s Shared[S]) Get(t *testing.T) (*azuretest.Cloud, S) {
	t.Helper()
	server, err := s()
	require.NoError(t, err)
	cloud, err := Cloud()
	require.NoError(t, err)
	return cloud, server
}

// Main is for the TestMain of a package whose tests share servers.
func Main(m *testing.M) {
	code := m.Run()
	for _, end := range slices.Backward(toClose) {
		if err := end(); err != nil {
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
