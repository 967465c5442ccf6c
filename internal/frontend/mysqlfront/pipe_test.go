package mysqlfront_test

import (
	"context"
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// A front end inside a bubble: net.Pipe for sockets, the bubble's clock.
func TestInsideSynctest(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		ca, server := frontendtest.NewSlowPipe(t, mysqlfront.NewPipe, &mysqlfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{"db.test"}, Query: echo},
			Verify: func(_, password string) error {
				if password == "right" {
					return nil
				}
				return &azuretest.ServerError{Number: 1045, State: "28000", Message: "no"}
			},
		})
		assert.Empty(t, server.Addr())
		assert.Empty(t, server.Host())
		assert.Zero(t, server.Port())
		config := plainConfig(server)
		config.Timeout, config.ReadTimeout = 0, 0
		config.User, config.Passwd, config.AllowCleartextPasswords = "app", "right", true
		config.TLS = &tls.Config{RootCAs: ca.Pool(), ServerName: "db.test"}
		config.DialFunc = frontendtest.Pipe{Server: server}.DialContext

		start := time.Now()
		db := open(t, config)
		var got string
		require.NoError(t, db.QueryRowContext(t.Context(), "hello").Scan(&got))
		assert.Equal(t, 3*time.Minute, time.Since(start), "three slow answers")
		require.NoError(t, db.Close())

		start = time.Now()
		config.Passwd = "wrong"
		assert.Equal(t, uint16(1045), refused(t, config).Number)
		assert.Zero(t, time.Since(start), "nothing waits for a time to pass")

		server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.ErrorIs(t, dial(ctx, config), context.DeadlineExceeded)
		assert.Equal(t, time.Hour, time.Since(start))
		require.NoError(t, server.Close())
		assert.Len(t, server.Logins(), 2)
	})
}
