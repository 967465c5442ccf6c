package postgres

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pgx does not fold keys, and so takes the host of the first string, and the port
// of the second, from its variables.
func TestConfigurePoolReadsTheStringWithoutPGVariables(t *testing.T) {
	b := engine.Bench(t, nil)
	t.Setenv("PGHOST", "evil.example.com")
	t.Setenv("PGPORT", "6000")
	t.Setenv("PGDATABASE", "theirs")
	t.Setenv("PGCONNECT_TIMEOUT", "7")
	for in, want := range map[string]string{
		"Host=127.0.0.1 Database=mine": "127.0.0.1:5432/mine",
		"host=127.0.0.1":               "127.0.0.1:5432/orders",
		"":                             "127.0.0.1:" + strconv.Itoa(b.Server.Port()) + "/orders",
	} {
		cfg, err := pgxpool.ParseConfig(in)
		require.NoError(t, err)
		require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
		cc := cfg.ConnConfig
		assert.Equal(t, want, fmt.Sprintf("%s:%d/%s", cc.Host, cc.Port, cc.Database), in)
		assert.Zero(t, cc.ConnectTimeout)
		assert.NotContains(t, cc.RuntimeParams, "Host")
	}
}

// What was assigned counts by itself; nothing of PGHOST's comes with it.
func TestConfigurePoolAssignedHosts(t *testing.T) {
	b := engine.Bench(t, nil)
	port := uint16(b.Server.Port())
	t.Setenv("PGHOST", "evil.postgres.database.azure.com")
	t.Setenv("PGPORT", "6000")
	type servers struct {
		host      string
		port      uint16
		fallbacks []string
	}
	for name, row := range map[string]struct {
		in     string
		assign func(*pgx.ConnConfig)
		want   servers
	}{
		"host":             {"", func(cc *pgx.ConnConfig) { cc.Host = "localhost" }, servers{"localhost", 5432, nil}},
		"the same host":    {"host=localhost", func(cc *pgx.ConnConfig) { cc.Host = "127.0.0.1" }, servers{"127.0.0.1", 5432, nil}},
		"port":             {"", func(cc *pgx.ConnConfig) { cc.Port = 6432 }, servers{"127.0.0.1", 6432, nil}},
		"host and port":    {"", func(cc *pgx.ConnConfig) { cc.Host, cc.Port = "localhost", 6432 }, servers{"localhost", 6432, nil}},
		"connection's own": {"", func(cc *pgx.ConnConfig) { cc.Host = "127.0.0.1" }, servers{"127.0.0.1", port, nil}},
		"fallbacks": {"", func(cc *pgx.ConnConfig) {
			cc.Fallbacks = []*pgconn.FallbackConfig{{Host: "localhost", Port: 1}}
		}, servers{"127.0.0.1", port, []string{"localhost"}}},
		"list in the string": {"host=localhost,127.0.0.1", func(*pgx.ConnConfig) {}, servers{"localhost", 5432, []string{"127.0.0.1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := pgxpool.ParseConfig(row.in)
			require.NoError(t, err)
			row.assign(cfg.ConnConfig)
			require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
			got := servers{host: cfg.ConnConfig.Host, port: cfg.ConnConfig.Port}
			for _, f := range cfg.ConnConfig.Fallbacks {
				got.fallbacks = append(got.fallbacks, f.Host)
			}
			assert.Equal(t, row.want, got)
		})
	}
}
