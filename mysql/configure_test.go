package mysql

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"log"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

type beforeConnect = func(context.Context, *mysql.Config) error

// open returns a database that connects with cfg.
func open(t *testing.T, cfg *mysql.Config) *sql.DB {
	t.Helper()
	c, err := mysql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func parsed(t *testing.T, s string) *mysql.Config {
	t.Helper()
	cfg, err := mysql.ParseDSN(s)
	require.NoError(t, err)
	return cfg
}

func TestConfigureKeepsWhatIsYours(t *testing.T) {
	b := newBench(t, nil)
	cfg := parsed(t, "/?parseTime=true&readTimeout=3s&sql_mode=%27ANSI%27&connectionAttributes=program_name:mine&allowCleartextPasswords=true")
	cfg.Loc = time.FixedZone("mine", 3600)
	cfg.Passwd = "mine"
	var logged bytes.Buffer
	cfg.Logger = log.New(&logged, "", 0)
	require.NoError(t, cfg.Apply(mysql.TimeTruncate(time.Millisecond), mysql.Charset("utf8mb4", "utf8mb4_bin")))
	dialled := make(chan string, 8)
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled <- network + " " + address
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	var order []int
	first := func(_ context.Context, cfg *mysql.Config) error {
		order = append(order, 1)
		cfg.Passwd, cfg.TLS, cfg.AllowFallbackToPlaintext = "mine", &tls.Config{InsecureSkipVerify: true}, true
		return nil
	}
	second := func(context.Context, *mysql.Config) error { order = append(order, 2); return nil }
	own, logger := reflect.ValueOf(cfg.DialFunc).Pointer(), cfg.Logger
	require.NoError(t, Configure(cfg, b.dsn("parseTime=false", "writeTimeout=4s", "connectionAttributes=program_name:theirs", "time_zone=%27UTC%27"),
		b.options, first, second))
	require.NoError(t, open(t, cfg).PingContext(t.Context()))

	assert.Equal(t, []int{1, 2}, order)
	assert.Equal(t, "tcp "+b.server.Addr(), <-dialled)
	assert.NotEqual(t, own, reflect.ValueOf(cfg.DialFunc).Pointer())
	assert.Equal(t, logger, cfg.Logger)
	assert.True(t, cfg.ParseTime)
	assert.Equal(t, 3*time.Second, cfg.ReadTimeout)
	assert.Equal(t, 4*time.Second, cfg.WriteTimeout)
	assert.Equal(t, "mine", cfg.Loc.String())
	assert.Equal(t, map[string]string{"sql_mode": "'ANSI'", "time_zone": "'UTC'"}, cfg.Params)
	assert.Contains(t, cfg.FormatDSN(), "charset=utf8mb4&collation=utf8mb4_bin")
	assert.Contains(t, cfg.FormatDSN(), "timeTruncate=1ms")
	assert.False(t, cfg.AllowCleartextPasswords, "only for each connection")
	assert.Empty(t, cfg.Passwd)
	l := b.server.Logins()[0]
	assert.Equal(t, "orders", l.Database)
	assert.Equal(t, "app", l.User)
	assert.Equal(t, "mine", l.Parameters["program_name"])
	assert.Len(t, b.issuer.issued()[0], l.PasswordLength)
}

func TestConfigureStatedSettings(t *testing.T) {
	b, other := newBench(t, nil), newBench(t, nil)
	b.options.RootCAs = append(b.options.RootCAs, other.cloud.CA().Certificate())
	other.server.Inject(azuretest.MySQLRefuse(1045, "28000", "the token came here"))
	assign := func(_ context.Context, cfg *mysql.Config) error {
		cfg.User, cfg.DBName, cfg.Net, cfg.Addr = "me", "mine", "tcp", other.server.Addr()
		return nil
	}
	for name, row := range map[string]struct {
		cfg    *mysql.Config
		before []beforeConnect
	}{
		"in a string":      {parsed(t, "me@tcp("+other.server.Addr()+")/mine"), nil},
		"with TLS off":     {parsed(t, "me@tcp("+other.server.Addr()+")/mine?tls=preferred"), nil},
		"as fields":        {&mysql.Config{User: "me", DBName: "mine", Addr: other.server.Addr()}, nil},
		"before a connect": {mysql.NewConfig(), []beforeConnect{assign}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, Configure(row.cfg, b.dsn(), b.options, row.before...))
			require.ErrorContains(t, open(t, row.cfg).PingContext(t.Context()), "the token came here")
			logins := other.server.Logins()
			l := logins[len(logins)-1]
			assert.Equal(t, "mine", l.Database)
			assert.Equal(t, "me", l.User)
			assert.True(t, l.TLS)
		})
	}
	assert.Empty(t, other.server.Plaintext())
	assert.Empty(t, b.server.Logins())
}

func TestConfigureChecksTheFinalHost(t *testing.T) {
	b := newBench(t, nil)
	cfg := parsed(t, "tcp(evil.example.com)/")
	before := cfg.Clone()
	require.ErrorContains(t, Configure(cfg, b.dsn(), b.options), "evil.example.com")
	assert.Equal(t, before, cfg)

	cfg = mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.dsn(), b.options, func(_ context.Context, cfg *mysql.Config) error {
		cfg.Addr = "evil.example.com:3306"
		return nil
	}))
	require.ErrorContains(t, open(t, cfg).PingContext(t.Context()), "evil.example.com")
	assert.Empty(t, b.issuer.issued(), "no token was asked for")
}

func TestConfigureErrors(t *testing.T) {
	b := newBench(t, nil)
	hooked := mysql.NewConfig()
	require.NoError(t, hooked.Apply(mysql.BeforeConnect(func(context.Context, *mysql.Config) error { return nil })))
	twice := mysql.NewConfig()
	require.NoError(t, Configure(twice, b.dsn(), b.options))
	for name, row := range map[string]struct {
		cfg       *mysql.Config
		dsn, want string
	}{
		"BeforeConnect":          {hooked, b.dsn(), "has a BeforeConnect already"},
		"configured twice":       {twice, b.dsn(), "has a BeforeConnect already"},
		"network":                {parsed(t, "mynet(h:1)/"), b.dsn(), "set DialFunc"},
		"connection unreadable":  {mysql.NewConfig(), "u@tcp(h:canary)/", "port"},
		"connection's parameter": {mysql.NewConfig(), b.dsn("loc=canary"), "connector: loc: "},
		"own parameters":         {&mysql.Config{Collation: "canary/x"}, b.dsn(), "together with the configuration's"},
		"registered TLS":         {&mysql.Config{TLSConfig: "canary"}, b.dsn(), "no TLS configuration of this name"},
	} {
		t.Run(name, func(t *testing.T) {
			before := row.cfg.Clone()
			err := Configure(row.cfg, row.dsn, b.options)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Equal(t, before.FormatDSN(), row.cfg.FormatDSN())
		})
	}
	own := errors.New("mine")
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.dsn(), b.options, func(context.Context, *mysql.Config) error { return own }))
	require.ErrorIs(t, open(t, cfg).PingContext(t.Context()), own)
	assert.Empty(t, b.issuer.issued())
}

// What is changed after Configure cannot make the token travel in clear text.
func TestConfigurationChangedAfterwards(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.Plaintext())
	for name, change := range map[string]func(*mysql.Config){
		"TLS":      func(cfg *mysql.Config) { cfg.TLS, cfg.TLSConfig = nil, "false" },
		"fallback": func(cfg *mysql.Config) { cfg.AllowFallbackToPlaintext, cfg.AllowCleartextPasswords = true, true },
		"dialer":   func(cfg *mysql.Config) { cfg.DialFunc = (&net.Dialer{}).DialContext },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := mysql.NewConfig()
			require.NoError(t, Configure(cfg, b.dsn(), b.options))
			change(cfg)
			require.Error(t, open(t, cfg).PingContext(t.Context()))
		})
	}
	require.NoError(t, b.server.Close())
	assert.Empty(t, b.server.Plaintext())
}

func TestConfigureWithTLSOfYours(t *testing.T) {
	b := newBench(t, nil)
	b.options.RootCAs = nil
	cfg := mysql.NewConfig()
	cfg.TLS = &tls.Config{RootCAs: b.cloud.CA().Pool(), InsecureSkipVerify: true, ServerName: "evil.example.com"}
	require.NoError(t, Configure(cfg, b.dsn(), b.options))
	assert.False(t, cfg.TLS.InsecureSkipVerify)
	require.NoError(t, open(t, cfg).PingContext(t.Context()))
	assert.Equal(t, "127.0.0.1", cfg.TLS.ServerName)
}

func TestConfigureWithoutTLS(t *testing.T) {
	b := newBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"app": "p"}, InsecureTransport: true})
	b.options.Credential = nil
	connection := strings.Replace(b.dsn("tls=false"), "app@", "app:p@", 1)
	cfg := parsed(t, "tcp(srv.mysql.database.azure.com)/")
	require.EqualError(t, Configure(cfg, connection, b.options),
		"mysql: host srv.mysql.database.azure.com: only hosts that the connection itself names may be reached without TLS")

	cfg = mysql.NewConfig()
	require.NoError(t, Configure(cfg, connection, b.options))
	assert.Nil(t, cfg.TLS)
	assert.Empty(t, cfg.Passwd)
	require.NoError(t, open(t, cfg).PingContext(t.Context()))
}

func TestExplain(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.MySQLRefuse(1045, "28000", "Access denied"))
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.dsn(), b.options))
	err := Explain(open(t, cfg).PingContext(t.Context()))
	login := loginError(t, err)
	assert.Equal(t, "no-entra-role", login.Anchor)
	native, ok := errors.AsType[*mysql.MySQLError](err)
	require.True(t, ok)
	assert.Equal(t, uint16(1045), native.Number)
	assert.True(t, strings.HasPrefix(err.Error(), "mysql: login: Error 1045 (28000): Access denied: no user of this name"), err)

	assert.Equal(t, err, Explain(err))
	assert.NoError(t, Explain(nil))
	other := &mysql.MySQLError{Number: 1146, Message: "Table 'x' doesn't exist"}
	assert.Equal(t, error(other), Explain(other))
}
