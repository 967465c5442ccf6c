package postgresfront_test

import (
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// A front end inside a bubble: net.Pipe for sockets, the bubble's clock.
func TestInsideSynctest(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		ca, server := frontendtest.NewSlowPipe(t, postgresfront.NewPipe, &postgresfront.Options{
			ServerOptions: azuretest.ServerOptions{
				Names:     []string{"db.test"},
				Passwords: map[string]string{"app": "right"},
			},
		})
		config := plainConfig(t, server)
		config.ConnectTimeout = 0
		config.User, config.Password = "app", "right"
		config.TLSConfig = &tls.Config{RootCAs: ca.Pool(), ServerName: "db.test"}
		config.DialFunc = frontendtest.Pipe{Server: server}.DialContext

		start := time.Now()
		conn, err := pgx.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Minute, time.Since(start), "three slow answers")
		require.NoError(t, conn.Close(t.Context()))

		start = time.Now()
		config.Password = "wrong"
		assert.Equal(t, "28P01", refused(t, config).Code)
		assert.Zero(t, time.Since(start), "nothing waits for a time to pass")
		require.NoError(t, server.Close())
		assert.Len(t, server.Logins(), 2)
	})
}
