package lab

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func startCloud(t *testing.T) *azuretest.Cloud {
	t.Helper()
	cloud, err := azuretest.Start(nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	return cloud
}

// limited is a context that ends a hanging test.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

type starter func(context.Context, *azuretest.Cloud, *PostgresOptions) (*Postgres, error)

// start runs a server until the test ends.
func start(t *testing.T, f starter, cloud *azuretest.Cloud, o *PostgresOptions) *Postgres {
	t.Helper()
	p, err := f(limited(t), cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// loginConfig is plain pgx's configuration for a login with verified TLS.
func loginConfig(t *testing.T, cloud *azuretest.Cloud, p *Postgres, user, password string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig("host=127.0.0.1 sslmode=disable")
	require.NoError(t, err)
	cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password = p.Host, uint16(p.Port), p.Database, user, password
	cfg.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	cfg.Fallbacks = nil
	return cfg
}

func login(t *testing.T, cloud *azuretest.Cloud, p *Postgres, user, password string) (*pgx.Conn, error) {
	t.Helper()
	conn, err := pgx.ConnectConfig(limited(t), loginConfig(t, cloud, p, user, password))
	if err == nil {
		t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	}
	return conn, err
}

// tokenOf mints a token of a new identity of that name.
func tokenOf(cloud *azuretest.Cloud, name string) string {
	return cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: name}), azuretest.TokenOptions{})
}

// requireClosed asserts that nothing listens on the address any more.
func requireClosed(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	require.Error(t, err)
}
