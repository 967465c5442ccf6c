package connector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
)

func TestCheckHost(t *testing.T) {
	onAppServiceWithoutTools(t)
	h := openSplit(t)
	require.NoError(t, h.CheckHost("s.database.windows.net"))
	require.NoError(t, h.CheckHost("x.tr1.worker.database.windows.net"))
	for _, host := range []string{"evil.example.com", "", "s.database.usgovcloudapi.net", "s.mysql.database.azure.com", "database.windows.net"} {
		err := h.CheckHost(host)
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup, host)
		assert.Equal(t, "untrusted-host", setup.Anchor)
		_, err = h.TLSConfig(host)
		require.ErrorAs(t, err, &setup, host)
	}
	c, err := h.TLSConfig("x.tr1.worker.database.windows.net")
	require.NoError(t, err)
	assert.Equal(t, "x.tr1.worker.database.windows.net", c.ServerName)
	withPassword := openSplit(t, "AZURE_SQL_USER=sa", "AZURE_SQL_PASSWORD=x")
	require.NoError(t, withPassword.CheckHost("evil.example.com"), "trust is about tokens")
}
