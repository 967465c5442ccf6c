package sqlserverfront_test

import (
	"testing"
	"testing/synctest"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// A front end inside a bubble: net.Pipe for sockets, the bubble's clock.
func TestInsideSynctest(t *testing.T) {
	connectortest.RandomInBubbles(t)
	for _, c := range []struct {
		name, parameters string
		answers          int
	}{
		{"TDS 7.4", "encrypt=true", 2},
		{"TDS 8.0", "encrypt=strict", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca, server := frontendtest.NewSlowPipe(t, sqlserverfront.NewPipe, &sqlserverfront.Options{
					ServerOptions: azuretest.ServerOptions{
						Names:     []string{"localhost"},
						Passwords: map[string]string{"app": "right"},
					},
				})
				config := config(t, ca, server, c.parameters)
				config.User, config.Password = "app", "right"
				connector := mssql.NewConnectorConfig(config)
				connector.Dialer = frontendtest.Pipe{Server: server}

				start := time.Now()
				db := open(t, connector)
				require.NoError(t, db.PingContext(t.Context()))
				assert.Equal(t, time.Duration(c.answers)*time.Minute, time.Since(start), "slow answers")
				require.NoError(t, db.Close())

				start = time.Now()
				config.Password = "wrong"
				connector = mssql.NewConnectorConfig(config)
				connector.Dialer = frontendtest.Pipe{Server: server}
				assert.Equal(t, int32(18456), refused(t, connector).Number)
				assert.Zero(t, time.Since(start), "nothing waits for a time to pass")
				require.NoError(t, server.Close())
				assert.Len(t, server.Logins(), 2)
			})
		})
	}
}
