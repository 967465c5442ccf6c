package postgres

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
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
	conn, err := pgx.ConnectConfig(limited(t), loginConfig(t, cloud, p, user, password))
	if err == nil {
		t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	}
	return conn, err
}

// limited is a context that ends a hanging test.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// tokenOf mints a token of a new identity of that name.
func tokenOf(cloud *azuretest.Cloud, name string) string {
	return cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: name}), azuretest.TokenOptions{})
}

// running starts a server and closes it when the test ends.
func running(t *testing.T, start starter, cloud *azuretest.Cloud, o *Options) *Server {
	t.Helper()
	s, err := start(limited(t), cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

type starter = func(context.Context, *azuretest.Cloud, *Options) (*Server, error)

// requireClosed asserts that nothing listens on the address any more.
func requireClosed(t *testing.T, address string) {
	t.Helper()
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
}

// install puts files with the names of the server's programs into root/dir.
func install(t *testing.T, root, dir string, programs ...string) string {
	t.Helper()
	dir = filepath.Join(root, dir)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o755))
	}
	return dir
}
