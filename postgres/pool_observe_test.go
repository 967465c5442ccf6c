package postgres

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/observe"
)

// pgx's own logins are counted, too: once each, and no later end of a connection.
func TestPoolLoginsAreObserved(t *testing.T) {
	var mu sync.Mutex
	var outcomes []string
	t.Cleanup(observe.Listen(func(_ context.Context, e observe.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == observe.Login {
			assert.NotZero(t, e.Duration)
			outcomes = append(outcomes, e.Outcome+" "+e.ErrorType)
		}
	}))
	b := engine.Bench(t, nil)
	pool := openPool(t, b)
	cfg, err := pgx.ParseConfig("")
	require.NoError(t, err)
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	ping := func() error {
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			return err
		}
		return conn.Close(t.Context())
	}

	require.NoError(t, pool.Ping(t.Context()))
	require.NoError(t, ping())
	refusal := azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Severity: "FATAL", Code: "28000", Message: "Azure AD access token not valid for role app (does not contain group ID 1)"}}
	pool.Reset()
	b.Server.Inject(refusal)
	require.Error(t, pool.Ping(t.Context()))
	b.Server.Inject(refusal)
	require.Error(t, ping())
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{"ok ", "ok ", "refused wrong-role", "refused wrong-role"}, outcomes)
}
