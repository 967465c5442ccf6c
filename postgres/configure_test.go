package postgres

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// configuredFor is a configuration for the bench's server.
func configuredFor(t *testing.T, b *bench, s string, change func(*pgx.ConnConfig)) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(s)
	require.NoError(t, err)
	if change != nil {
		change(cfg)
	}
	require.NoError(t, Configure(cfg, b.DSN("search_path=s application_name=theirs"), b.Options))
	return cfg
}

func ping(t *testing.T, db *sql.DB) error {
	t.Helper()
	defer db.Close()
	return db.PingContext(t.Context())
}

type traced struct{ connects, queries int }

func (t *traced) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}
func (t *traced) TraceConnectEnd(context.Context, pgx.TraceConnectEndData) { t.connects++ }
func (t *traced) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (t *traced) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) { t.queries++ }

func TestConfigureWithStdlibOptions(t *testing.T) {
	b := engine.Bench(t, nil)
	t.Setenv("PGPASSWORD", "evil")
	t.Setenv("PGAPPNAME", "evil")
	var order []string
	note := func(what string) { order = append(order, what) }
	tracer := new(traced)
	cfg := configuredFor(t, b, "application_name=mine default_query_exec_mode=exec statement_cache_capacity=7", func(cc *pgx.ConnConfig) {
		cc.Tracer = tracer
		cc.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
			note("AfterNetConnect")
			return conn, nil
		}
	})
	db := stdlib.OpenDB(*cfg,
		stdlib.OptionBeforeConnect(func(_ context.Context, cc *pgx.ConnConfig) error {
			note("BeforeConnect")
			assert.Empty(t, cc.Password)
			cc.Password, cc.RequireAuth = "mine", "none"
			return nil
		}),
		stdlib.OptionAfterConnect(func(context.Context, *pgx.Conn) error { note("AfterConnect"); return nil }),
		stdlib.OptionResetSession(func(context.Context, *pgx.Conn) error { note("ResetSession"); return nil }),
		stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { note("ShouldPing"); return false }))
	defer db.Close()
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.PingContext(t.Context()))
	assert.Equal(t, []string{"BeforeConnect", "AfterNetConnect", "AfterConnect", "ShouldPing", "ResetSession"}, order)
	assert.Equal(t, 1, tracer.connects)
	l := b.Server.Logins()[0]
	assert.Equal(t, "app", l.User)
	assert.Equal(t, "orders", l.Database)
	assert.Equal(t, map[string]string{"application_name": "mine", "search_path": "s"}, l.Parameters)
	assert.Len(t, b.Issuer.Issued()[0], l.PasswordLength)
	assert.Empty(t, cfg.Password)
	assert.Equal(t, 7, cfg.StatementCacheCapacity)
	assert.Equal(t, pgx.QueryExecModeExec, cfg.DefaultQueryExecMode)

	other := stdlib.OptionBeforeConnect(func(_ context.Context, cc *pgx.ConnConfig) error { cc.User = "other"; return nil })
	require.ErrorContains(t, ping(t, stdlib.OpenDB(*cfg, other)), "for role other")
	own := errors.New("mine")
	failing := stdlib.OptionBeforeConnect(func(context.Context, *pgx.ConnConfig) error { return own })
	require.ErrorIs(t, ping(t, stdlib.OpenDB(*cfg, failing)), own)
}

func TestConfigureForOneConnection(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := configuredFor(t, b, "", nil)
	for range 3 {
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		require.NoError(t, err)
		require.NoError(t, conn.Ping(t.Context()))
		require.NoError(t, conn.Close(t.Context()))
	}
	name := stdlib.RegisterConnConfig(cfg)
	defer stdlib.UnregisterConnConfig(name)
	db, err := sql.Open("pgx", name)
	require.NoError(t, err)
	require.NoError(t, ping(t, db))
	own, err := pgconn.ConnectConfig(t.Context(), cfg.Config.Copy())
	require.NoError(t, err)
	require.NoError(t, own.Close(t.Context()))
	assert.Len(t, b.Issuer.Issued(), 1)
	assert.Equal(t, "app", b.Server.Logins()[0].User)

	_, err = pgconn.ConnectConfig(t.Context(), &cfg.Config)
	require.ErrorIs(t, err, errShared)
	assert.Empty(t, cfg.Password)
	require.ErrorContains(t, Configure(cfg, b.DSN(), b.Options), "by Configure already")
	pool, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	pool.ConnConfig = cfg
	require.ErrorContains(t, ConfigurePool(pool, b.DSN(), b.Options), "by Configure already")
}

// Nothing of what replaces the library's hooks gets a token.
func TestConfigureReplacedHooks(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := configuredFor(t, b, "", nil)
	var d net.Dialer
	for name, row := range map[string]struct {
		change func(*pgx.ConnConfig)
		want   string
	}{
		"no TLS":       {func(cc *pgx.ConnConfig) { cc.TLSConfig = nil }, errReplaced.Error()},
		"unverified":   {func(cc *pgx.ConnConfig) { cc.TLSConfig = &tls.Config{InsecureSkipVerify: true} }, errReplaced.Error()},
		"other roots":  {func(cc *pgx.ConnConfig) { cc.TLSConfig = &tls.Config{ServerName: "127.0.0.1"} }, errReplaced.Error()},
		"another name": {func(cc *pgx.ConnConfig) { cc.Host = "evil.example.com" }, "lookup"},
		"fallback": {func(cc *pgx.ConnConfig) {
			cc.Fallbacks = []*pgconn.FallbackConfig{{Host: "127.0.0.1", Port: 1}}
		}, errReplaced.Error()},
		"dialer":   {func(cc *pgx.ConnConfig) { cc.DialFunc = d.DialContext }, errReplaced.Error()},
		"the hook": {func(cc *pgx.ConnConfig) { cc.AfterNetConnect = nil }, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			own := cfg.Copy()
			own.LookupFunc = func(_ context.Context, host string) ([]string, error) {
				if net.ParseIP(host) == nil {
					return nil, errors.New("lookup")
				}
				return []string{host}, nil
			}
			err := ping(t, stdlib.OpenDB(*own, stdlib.OptionBeforeConnect(func(_ context.Context, cc *pgx.ConnConfig) error { row.change(cc); return nil })))
			require.ErrorContains(t, err, row.want)
		})
	}
	assert.Empty(t, b.Issuer.Issued())
}

func TestConfigureUntrustedHost(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg, err := pgx.ParseConfig("host=evil.example.com")
	require.NoError(t, err)
	require.ErrorContains(t, Configure(cfg, b.DSN(), b.Options), `"evil.example.com" is not`)
	assert.Equal(t, "evil.example.com", cfg.Host)

	// Chosen later, under a name that the certificate is for.
	cfg = configuredFor(t, b, "", nil)
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil }
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	cfg.Host = "localhost"
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	require.ErrorIs(t, err, errReplaced)
}

// The login is one for all hosts that are tried.
func TestConfigureSeveralHosts(t *testing.T) {
	b := engine.Bench(t, nil)
	other := engine.Bench(t, nil)
	b.Options.RootCAs = append(b.Options.RootCAs, other.Cloud.CA().Certificate())
	other.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "57P03", Message: "starting up"}})
	cfg := configuredFor(t, b, "host=127.0.0.1,127.0.0.1 port="+strconv.Itoa(other.Server.Port())+","+strconv.Itoa(b.Server.Port()), nil)
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, conn.Ping(t.Context()))
	require.NoError(t, conn.Close(t.Context()))
	assert.Len(t, b.Issuer.Issued(), 1)
	for range 8 {
		require.NoError(t, ping(t, stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(stdlib.RandomizeHostOrderFunc))))
	}
}

func TestConfigureAfterRefusals(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := configuredFor(t, b, "", nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	_, err := pgx.ConnectConfig(t.Context(), cfg)
	login := drivertest.LoginError(t, Explain(err))
	assert.True(t, login.Temporary())
	b.Issuer.AssertNotIn(t, err.Error())
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err, "the next login has a new token")
	defer conn.Close(t.Context())
	assert.Len(t, b.Issuer.Issued(), 2)

	noToken := &passwordless.TokenError{ErrorInfo: passwordless.ErrorInfo{Err: errors.New("x")}}
	cfg, err = pgx.ParseConfig("host=127.0.0.1 sslmode=disable port=" + strconv.Itoa(b.Server.Port()))
	require.NoError(t, err)
	cfg.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) { return conn, noToken }
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	assert.Same(t, noToken, Explain(err))
}

// The token is renewed ahead of need while there are connections.
func TestConfigureFollowsItsConnections(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := configuredFor(t, b, "", nil)
	connect := func() *pgx.Conn {
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		require.NoError(t, err)
		return conn
	}
	first := connect()
	own, ok := under(first.PgConn().Conn()).(*configuredConn)
	require.True(t, ok)
	require.NoError(t, first.Close(t.Context()))
	e := new(events)
	own.owner.open = sqlopen.NewActiveSet[*configuredConn](e.add)
	conn := connect()
	require.NoError(t, connect().Close(t.Context()))
	assert.Equal(t, []bool{false, true}, e.list())
	require.NoError(t, conn.Close(t.Context()))
	assert.Equal(t, []bool{false, true, false}, e.list())
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000", Message: "no"}})
	_, err := pgx.ConnectConfig(t.Context(), cfg)
	require.Error(t, err)
	assert.Equal(t, []bool{false, true, false, true, false}, e.list(), "a refused login leaves nothing")
}

// A query is cancelled over a connection of its own, after the login's context has ended.
func TestRequestsToCancelOutliveTheLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := b.Connector(t).Connect(ctx)
	require.NoError(t, err)
	defer conn.Close()
	cancel()
	dial := conn.(*stdlib.Conn).Conn().Config().DialFunc
	request, err := dial(t.Context(), "tcp", b.Server.Addr())
	require.NoError(t, err)
	defer request.Close()
	require.NoError(t, request.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	_, err = request.Read(make([]byte, 1))
	require.ErrorContains(t, err, "i/o timeout", "and not closed")
}

func TestConfigurationsThatPgxDidNotParse(t *testing.T) {
	b := engine.Bench(t, nil)
	cc, err := pgx.ParseConfig("")
	require.NoError(t, err)
	half, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	half.ConnConfig = nil
	for _, cfg := range []*pgxpool.Config{nil, {}, {ConnConfig: cc}, {ConnConfig: &pgx.ConnConfig{}}, half} {
		require.ErrorContains(t, ConfigurePool(cfg, b.DSN(), b.Options), "was not made by pgx")
	}
	for _, cfg := range []*pgx.ConnConfig{nil, {}, {Config: cc.Config}} {
		require.ErrorContains(t, Configure(cfg, b.DSN(), b.Options), "was not made by pgx.ParseConfig")
	}
}
