//go:build unix

package redact_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/redact"
)

// Reading a FIFO waits for ever, and a device may have no end.
func TestReadFileWantsRegularFiles(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, path := range []string{fifo, "/dev/zero", "/dev/null"} {
		_, err := redact.ReadFile(path)
		require.EqualError(t, err, "not a regular file", path)
	}
}
