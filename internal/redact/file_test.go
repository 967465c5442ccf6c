package redact_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/redact"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, make([]byte, size), 0o600))
		return path
	}
	fits := write("fits", 1<<20)
	data, err := redact.ReadFile(fits)
	require.NoError(t, err)
	assert.Len(t, data, 1<<20)
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(fits, link))
	_, err = redact.ReadFile(link)
	require.NoError(t, err, "as Kubernetes mounts a secret")

	for path, text := range map[string]string{
		write("large", 1<<20+1):                  "the file is larger than 1 MB",
		dir:                                      "not a regular file",
		"-----BEGIN PRIVATE KEY-----":            "want the path of a file, not what the file holds",
		filepath.Join(dir, "canary-is-not-here"): fs.ErrNotExist.Error(),
	} {
		_, err := redact.ReadFile(path)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
		if text != fs.ErrNotExist.Error() {
			require.EqualError(t, err, text)
		} else {
			require.ErrorIs(t, err, fs.ErrNotExist)
		}
	}
}
