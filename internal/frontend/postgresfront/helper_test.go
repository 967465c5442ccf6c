package postgresfront_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// bench is a cloud with one identity, a front end, and a token for it.
type bench struct {
	frontendtest.Bench[*postgresfront.Server]
}

func newBench(t *testing.T, o *postgresfront.Options) *bench {
	t.Helper()
	return &bench{frontendtest.NewBench(t, postgresfront.Start, o, "orders-app", azuretest.OSSRDBMSAudience)}
}

// config is a verified connection as the bench's identity.
func (b *bench) config(t *testing.T) *pgx.ConnConfig {
	t.Helper()
	config := plainConfig(t, b.Server)
	config.User, config.Password = b.ID.Name, b.Token
	config.TLSConfig = &tls.Config{RootCAs: b.Cloud.CA().Pool(), ServerName: "localhost"}
	return config
}

// plainConfig is a connection without TLS, in which nothing comes from PG* variables.
func plainConfig(t *testing.T, s *postgresfront.Server) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=nobody dbname=orders sslmode=disable", max(s.Port(), 1)))
	require.NoError(t, err)
	config.Password, config.RuntimeParams, config.Fallbacks = "", map[string]string{}, nil
	config.ConnectTimeout = 20 * time.Second
	return config
}

// connect opens a connection and closes it with the test.
func connect(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// refused tries to connect and returns the server's refusal.
func refused(t *testing.T, config *pgx.ConnConfig) *pgconn.PgError {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err == nil {
		_ = conn.Close(t.Context())
	}
	var refusal *pgconn.PgError
	require.ErrorAs(t, err, &refusal)
	if config.Password != "" {
		assert.NotContains(t, err.Error(), config.Password)
	}
	return refusal
}
