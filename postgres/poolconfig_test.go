package postgres

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigurePoolKeepsWhatIsYours(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg, err := pgxpool.ParseConfig("pool_max_conns=9 application_name=mine default_query_exec_mode=exec")
	require.NoError(t, err)
	var order []string
	cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		order = append(order, "BeforeConnect")
		cc.Password = "mine"
		cc.TLSConfig = nil
		cc.RequireAuth = "none"
		return nil
	}
	cfg.ConnConfig.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		order = append(order, "AfterNetConnect")
		return conn, nil
	}
	cfg.AfterConnect = func(context.Context, *pgx.Conn) error { order = append(order, "AfterConnect"); return nil }
	require.NoError(t, ConfigurePool(cfg, b.DSN("application_name=theirs search_path=s"), b.Options))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pool.Ping(t.Context()))
	assert.Equal(t, []string{"BeforeConnect", "AfterNetConnect", "AfterConnect"}, order)
	l := b.Server.Logins()[0]
	assert.Equal(t, "orders", l.Database)
	assert.Equal(t, "app", l.User)
	assert.Equal(t, map[string]string{"application_name": "mine", "search_path": "s"}, l.Parameters)
	assert.Equal(t, int32(9), cfg.MaxConns)
	assert.Equal(t, pgx.QueryExecModeExec, cfg.ConnConfig.DefaultQueryExecMode)
}

func TestConfigurePoolWithoutPGVariables(t *testing.T) {
	b := engine.Bench(t, nil)
	for name, value := range map[string]string{
		"PGHOST": "evil.postgres.database.azure.com", "PGPORT": "1", "PGUSER": "evil", "PGDATABASE": "evil",
		"PGPASSWORD": "evil", "PGAPPNAME": "evil", "PGOPTIONS": "-c evil=1", "PGTZ": "Mars",
		"PGSSLMODE": "prefer", "PGSSLNEGOTIATION": "direct", "PGSSLCERTMODE": "require",
		"PGCHANNELBINDING": "require", "PGREQUIREAUTH": "scram-sha-256",
	} {
		t.Setenv(name, value)
	}
	cfg, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pool.Ping(t.Context()))
	l := b.Server.Logins()[0]
	assert.Equal(t, "orders", l.Database)
	assert.Equal(t, "app", l.User)
	assert.Empty(t, l.Parameters)
	assert.Empty(t, cfg.ConnConfig.Fallbacks)
}

func TestConfigurePoolStatedSettings(t *testing.T) {
	b := engine.Bench(t, nil)
	other := b.Reroute(t, &pgconn.PgError{Code: "28P01", Message: "the token came here"})
	for name, row := range map[string]struct {
		in     string
		assign func(*pgx.ConnConfig)
	}{
		"in the string":  {in: "host=127.0.0.1 port=" + strconv.Itoa(other.Server.Port()) + " dbname=mine user=me"},
		"with two forms": {in: "host=127.0.0.1 port=" + strconv.Itoa(other.Server.Port()) + " dbname=mine user=me sslmode=prefer"},
		"in a URL":       {in: "postgres://me@127.0.0.1:" + strconv.Itoa(other.Server.Port()) + "/mine"},
		"by assignment": {assign: func(cc *pgx.ConnConfig) {
			cc.User, cc.Database = "me", "mine"
			cc.Host, cc.Port = "127.0.0.1", uint16(other.Server.Port())
		}},
		"in BeforeConnect too": {in: "dbname=mine user=me"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := pgxpool.ParseConfig(row.in)
			require.NoError(t, err)
			if row.assign != nil {
				row.assign(cfg.ConnConfig)
			}
			if name == "in BeforeConnect too" {
				cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
					cc.Host, cc.Port, cc.User = "127.0.0.1", uint16(other.Server.Port()), "me"
					return nil
				}
			}
			require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
			pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
			require.NoError(t, err)
			defer pool.Close()
			other.AssertRerouted(t, pool.Ping(t.Context()))
		})
	}
	assert.Empty(t, other.Server.Plaintext())
}

func TestConfigurePoolChecksTheFinalHost(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg, err := pgxpool.ParseConfig("host=evil.example.com")
	require.NoError(t, err)
	before := cfg.Copy()
	err = ConfigurePool(cfg, b.DSN(), b.Options)
	require.ErrorContains(t, err, "evil.example.com")
	assert.Equal(t, before.ConnConfig.Host, cfg.ConnConfig.Host)
	assert.Nil(t, cfg.BeforeConnect)

	cfg, err = pgxpool.ParseConfig("")
	require.NoError(t, err)
	cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error { cc.Host = "evil.example.com"; return nil }
	require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	require.ErrorContains(t, pool.Ping(t.Context()), "evil.example.com")
	assert.Empty(t, b.Issuer.Issued(), "no token was asked for")
}

func TestConfigurePoolErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	for name, row := range map[string]struct{ in, dsn, want string }{
		"ADO.NET string in pgx":  {"Server=h;Database=canary;User Id=u", b.DSN(), "not pgx's"},
		"string of no dialect":   {"host=h sslmode=prefer authentication=canary", b.DSN(), "connection string"},
		"connection unreadable":  {"", "host=h port=canary", "port"},
		"connection's parameter": {"", b.DSN("default_query_exec_mode=canary"), "default_query_exec_mode"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := pgxpool.ParseConfig(row.in)
			require.NoError(t, err)
			err = ConfigurePool(cfg, row.dsn, b.Options)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Nil(t, cfg.BeforeConnect)
		})
	}
	own := errors.New("mine")
	cfg, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	cfg.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return own }
	require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	require.ErrorIs(t, pool.Ping(t.Context()), own)
	assert.Empty(t, b.Issuer.Issued())
}

func TestOwnPoolDialerStays(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	dialled := make(chan string, 8)
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled <- address
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	require.NoError(t, ConfigurePool(cfg, b.DSN(), b.Options))
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pool.Ping(t.Context()))
	assert.Equal(t, b.Server.Addr(), <-dialled)
}

func TestConfigurePoolWithoutTLS(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Options.Credential = nil
	const connection = "host=db user=app password=p sslmode=disable"
	cfg, err := pgxpool.ParseConfig("host=srv.postgres.database.azure.com")
	require.NoError(t, err)
	require.EqualError(t, ConfigurePool(cfg, connection, b.Options),
		"passwordless: host srv.postgres.database.azure.com is not one that the connection names: only those may be reached without TLS (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#tls-disabled)")

	cfg, err = pgxpool.ParseConfig("")
	require.NoError(t, err)
	require.NoError(t, ConfigurePool(cfg, connection, b.Options))
	assert.Equal(t, "!password,!oauth", cfg.ConnConfig.RequireAuth)
	assert.Nil(t, cfg.ConnConfig.TLSConfig)
	assert.Empty(t, cfg.ConnConfig.Password)
}

func TestPoolConfigurationAlone(t *testing.T) {
	b := engine.Bench(t, nil)
	pool := openPool(t, b, "pool_max_conns=3 application_name=a")
	require.NoError(t, pool.Ping(t.Context()))
	assert.NotContains(t, pool.Config().ConnString(), "disable")
	assert.NotContains(t, pool.Config().ConnString(), " password=")

	_, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	require.ErrorContains(t, err, "call postgres.Configure")
	require.ErrorContains(t, ping(t, stdlib.OpenDB(*pool.Config().ConnConfig)), "call postgres.Configure")

	cfg := pool.Config().ConnConfig
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	require.NoError(t, ping(t, stdlib.OpenDB(*cfg)))
	again := pool.Config()
	require.NoError(t, ConfigurePool(again, b.DSN(), b.Options))
	second, err := pgxpool.NewWithConfig(t.Context(), again)
	require.NoError(t, err)
	defer second.Close()
	require.NoError(t, second.Ping(t.Context()))
	for _, l := range b.Server.Logins() {
		assert.Equal(t, map[string]string{"application_name": "a"}, l.Parameters)
		assert.Equal(t, "orders", l.Database)
	}
}
