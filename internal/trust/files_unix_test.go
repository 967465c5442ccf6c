//go:build unix

package trust

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// Opening a connection does not wait for a FIFO, or read a device for ever.
func TestCertificateFilesAreRegular(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, file := range []string{fifo, "/dev/zero"} {
		for variable, config := range map[string]dsn.Config{
			envCAFile:     {},
			"sslrootcert": {RootCertFile: file},
			"sslcert":     {ClientCertFile: file, ClientKeyFile: file},
		} {
			config.Hosts = []dsn.Host{{Name: "h.postgres.database.azure.com", Port: 5432}}
			var variables []string
			if variable == envCAFile {
				variables = []string{envCAFile + "=" + file}
			}
			_, err := NewTLS(Servers{Config: config, Options: new(passwordless.Options)}, environ.NewVars(variables), false)
			require.ErrorContains(t, err, variable+": not a regular file")
		}
	}
}
