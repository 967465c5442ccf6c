package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// build compiles the command.
func build(t *testing.T, binary string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", text)
}

// watch is an endpoint and a program that notice if they are asked.
type watch struct {
	address string
	asks    atomic.Int32
	bin     string // a directory with the developer's tools
	ran     string // the file that they write
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	w := &watch{address: listener.Addr().String(), bin: t.TempDir(), ran: filepath.Join(t.TempDir(), "ran")}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.asks.Add(1)
			_ = conn.Close() // that it came is enough
		}
	}()
	w.install(t, w.bin, "az", "azd", "pwsh")
	return w
}

// install puts programs into the directory that note that they ran.
func (w *watch) install(t *testing.T, dir string, names ...string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins for the developer's tools need a POSIX shell")
	}
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho > '"+w.ran+"'\n"), 0o755))
	}
}

// exec runs the binary with the variables, and everything that it could ask
// leading to the watch.
func (w *watch) exec(t *testing.T, binary string, environ []string, args ...string) output {
	t.Helper()
	var stdout, stderr strings.Builder
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Env = slices.Concat(environ, []string{"PATH=" + w.bin,
		"IDENTITY_ENDPOINT=http://" + w.address, "IDENTITY_HEADER=h3ader-c4nary",
		"HTTPS_PROXY=http://" + w.address, "HTTP_PROXY=http://" + w.address})
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%v", err)
		return output{stdout.String(), stderr.String(), failed.ExitCode()}
	}
	return output{stdout.String(), stderr.String(), 0}
}

// asked fails the test if anything was asked.
func (w *watch) asked(t *testing.T) {
	t.Helper()
	assert.Zero(t, w.asks.Load(), "requests were made")
	assert.NoFileExists(t, w.ran, "a program was run")
}
