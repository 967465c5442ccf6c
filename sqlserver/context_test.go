package sqlserver

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// inBubble starts a server for use inside a synctest bubble, with tokens of the
// given life.
func inBubble(t *testing.T, life time.Duration, o *sqlserverfront.Options) (*sqlserverfront.Server, *drivertest.Issuer, *passwordless.Options) {
	t.Helper()
	o.Names = []string{"srv.database.windows.net"}
	o.Verify = func(string) (azuretest.Claims, error) { return azuretest.Claims{}, nil }
	return drivertest.InBubble(t, sqlserverfront.NewPipe, life, o)
}

const inBubbleDSN = "server=srv.database.windows.net;database=orders;"

// TestSlowServer ends the context at every step of a login in turn.
func TestSlowServer(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t, time.Hour, &sqlserverfront.Options{})
		server.Inject(azuretest.ServerFault{Kind: azuretest.Slow, Delay: time.Second})
		c, err := NewConnector(inBubbleDSN, o)
		require.NoError(t, err)
		var in time.Duration
		for in = 500 * time.Millisecond; ; in += time.Second {
			ctx, cancel := context.WithTimeout(context.Background(), in)
			start := time.Now()
			conn, err := c.Connect(ctx)
			cancel()
			if err == nil {
				require.NoError(t, conn.Close())
				break
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, in, time.Since(start))
		}
		assert.Greater(t, in, 2*time.Second, "there were steps")
		require.NoError(t, c.Close())
		require.NoError(t, server.Close())
	})
}

func TestDialTimeout(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		server, _, o := inBubble(t, time.Hour, &sqlserverfront.Options{})
		o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		for settings, want := range map[string]time.Duration{"": 15 * time.Second, "dial timeout=7": 7 * time.Second} {
			c, err := NewConnector(inBubbleDSN+settings, o)
			require.NoError(t, err)
			start := time.Now()
			_, err = c.Connect(context.Background())
			login := drivertest.LoginError(t, err)
			assert.Equal(t, "no-answer", login.Anchor)
			assert.Equal(t, want, time.Since(start))
			require.NoError(t, c.Close())
		}
		require.NoError(t, server.Close())
	})
}

// TestContextMayEndAfterTheLogin has contexts end around the end of the login: a
// connection that is returned works.
func TestContextMayEndAfterTheLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	c := b.Connector(t)
	require.NoError(t, drivertest.Connect(t, c))
	for i := range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		conn, err := c.Connect(ctx)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			continue
		}
		require.NoError(t, conn.(*Conn).Ping(t.Context()))
		require.NoError(t, conn.Close())
	}
}
