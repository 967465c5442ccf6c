package postgres

import (
	"context"
	"crypto/tls"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// loginConfig is plain pgx's configuration for a login with verified TLS.
func loginConfig(t *testing.T, cloud *azuretest.Cloud, p *Server, user, password string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig("host=127.0.0.1 sslmode=disable")
	require.NoError(t, err)
	cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password = p.Host, uint16(p.Port), p.Database, user, password
	cfg.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	cfg.Fallbacks = nil
	return cfg
}

func connect(t *testing.T, cloud *azuretest.Cloud, p *Server, user, password string) (*pgx.Conn, error) {
	t.Helper()
	conn, err := pgx.ConnectConfig(labtest.Limited(t), loginConfig(t, cloud, p, user, password))
	if err == nil {
		t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	}
	return conn, err
}
