package postgres

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

func TestIdlePoolIsNotRenewed(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		const host = "srv.postgres.database.azure.com"
		server, issuer, o := drivertest.InBubble(t, postgresfront.NewPipe, time.Hour, &postgresfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{host}}, Verify: func(string, string) error { return nil },
		})
		pool, err := NewPool(t.Context(), "host="+host+" user=app", o)
		require.NoError(t, err)
		time.Sleep(10 * time.Hour)
		assert.Empty(t, issuer.Issued(), "nothing is asked for before the first connection")
		require.NoError(t, pool.Ping(t.Context()))
		time.Sleep(10 * time.Hour) // pgxpool closes idle connections after half an hour
		assert.LessOrEqual(t, len(issuer.Issued()), 2)
		idle := len(issuer.Issued())
		require.NoError(t, pool.Ping(t.Context()))
		assert.Equal(t, idle+1, len(issuer.Issued()))
		pool.Close()
		require.NoError(t, server.Close())
	})
}
