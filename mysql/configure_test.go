package mysql

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
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
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
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
	b := engine.Bench(t, nil)
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
	require.NoError(t, Configure(cfg, b.DSN("parseTime=false", "writeTimeout=4s", "connectionAttributes=program_name:theirs", "time_zone=%27UTC%27"),
		b.Options, first, second))
	require.NoError(t, open(t, cfg).PingContext(t.Context()))

	assert.Equal(t, []int{1, 2}, order)
	assert.Equal(t, "tcp "+b.Server.Addr(), <-dialled)
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
	l := b.Server.Logins()[0]
	assert.Equal(t, "orders", l.Database)
	assert.Equal(t, "app", l.User)
	assert.Equal(t, "mine", l.Parameters["program_name"])
	assert.Len(t, b.Issuer.Issued()[0], l.PasswordLength)
}

func TestConfigureStatedSettings(t *testing.T) {
	b := engine.Bench(t, nil)
	other := b.Reroute(t, &azuretest.ServerError{Number: 1045, State: "28000", Message: "the token came here"})
	assign := func(_ context.Context, cfg *mysql.Config) error {
		cfg.User, cfg.DBName, cfg.Net, cfg.Addr = "me", "mine", "tcp", other.Server.Addr()
		return nil
	}
	for name, row := range map[string]struct {
		cfg    *mysql.Config
		before []beforeConnect
	}{
		"in a string":      {parsed(t, "me@tcp("+other.Server.Addr()+")/mine"), nil},
		"with TLS off":     {parsed(t, "me@tcp("+other.Server.Addr()+")/mine?tls=preferred"), nil},
		"as fields":        {&mysql.Config{User: "me", DBName: "mine", Addr: other.Server.Addr()}, nil},
		"before a connect": {mysql.NewConfig(), []beforeConnect{assign}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, Configure(row.cfg, b.DSN(), b.Options, row.before...))
			other.AssertRerouted(t, open(t, row.cfg).PingContext(t.Context()))
		})
	}
	assert.Empty(t, other.Server.Plaintext())
	assert.Empty(t, b.Server.Logins())
}

func TestConfigureChecksTheFinalHost(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := parsed(t, "tcp(evil.example.com)/")
	before := cfg.Clone()
	require.ErrorContains(t, Configure(cfg, b.DSN(), b.Options), "evil.example.com")
	assert.Equal(t, before, cfg)

	cfg = mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options, func(_ context.Context, cfg *mysql.Config) error {
		cfg.Addr = "evil.example.com:3306"
		return nil
	}))
	require.ErrorContains(t, open(t, cfg).PingContext(t.Context()), "evil.example.com")
	assert.Empty(t, b.Issuer.Issued(), "no token was asked for")
}

func TestConfigureErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	hooked := mysql.NewConfig()
	require.NoError(t, hooked.Apply(mysql.BeforeConnect(func(context.Context, *mysql.Config) error { return nil })))
	twice := mysql.NewConfig()
	require.NoError(t, Configure(twice, b.DSN(), b.Options))
	for name, row := range map[string]struct {
		cfg       *mysql.Config
		dsn, want string
	}{
		"BeforeConnect":          {hooked, b.DSN(), "has a BeforeConnect already"},
		"configured twice":       {twice, b.DSN(), "has a BeforeConnect already"},
		"network":                {parsed(t, "mynet(h:1)/"), b.DSN(), "set DialFunc"},
		"connection unreadable":  {mysql.NewConfig(), "u@tcp(h:canary)/", "port"},
		"connection's parameter": {mysql.NewConfig(), b.DSN("loc=canary"), "passwordless: loc: "},
		"own parameters":         {&mysql.Config{Collation: "canary/x"}, b.DSN(), "together with the configuration's"},
		"registered TLS":         {&mysql.Config{TLSConfig: "canary"}, b.DSN(), "no TLS configuration of this name"},
	} {
		t.Run(name, func(t *testing.T) {
			before := row.cfg.Clone()
			err := Configure(row.cfg, row.dsn, b.Options)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Equal(t, before.FormatDSN(), row.cfg.FormatDSN())
		})
	}
	own := errors.New("mine")
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options, func(context.Context, *mysql.Config) error { return own }))
	require.ErrorIs(t, open(t, cfg).PingContext(t.Context()), own)
	assert.Empty(t, b.Issuer.Issued())
}

func TestConfigureWithTLSOfYours(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Options.RootCAs = nil
	cfg := mysql.NewConfig()
	cfg.TLS = &tls.Config{RootCAs: b.Cloud.CA().Pool(), InsecureSkipVerify: true, ServerName: "evil.example.com"}
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	assert.False(t, cfg.TLS.InsecureSkipVerify)
	require.NoError(t, open(t, cfg).PingContext(t.Context()))
	assert.Equal(t, "127.0.0.1", cfg.TLS.ServerName)
}

func TestConfigureWithoutTLS(t *testing.T) {
	b := engine.Bench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "p"}}, InsecureTransport: true})
	b.Options.Credential = nil
	connection := strings.Replace(b.DSN("tls=false"), "app@", "app:p@", 1)
	cfg := parsed(t, "tcp(srv.mysql.database.azure.com)/")
	require.EqualError(t, Configure(cfg, connection, b.Options),
		"passwordless: host srv.mysql.database.azure.com is not one that the connection names: only those may be reached without TLS (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#tls-disabled)")

	cfg = mysql.NewConfig()
	require.NoError(t, Configure(cfg, connection, b.Options))
	assert.Nil(t, cfg.TLS)
	assert.Empty(t, cfg.Passwd)
	require.NoError(t, open(t, cfg).PingContext(t.Context()))
}

func TestExplain(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 1045, State: "28000", Message: "Access denied"}})
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	err := Explain(open(t, cfg).PingContext(t.Context()))
	login := drivertest.LoginError(t, err)
	assert.Equal(t, "no-database-user", login.Anchor)
	native, ok := errors.AsType[*mysql.MySQLError](err)
	require.True(t, ok)
	assert.Equal(t, uint16(1045), native.Number)
	assert.True(t, strings.HasPrefix(err.Error(), "mysql: login: Error 1045 (28000): Access denied: no user of this name"), err)

	assert.Equal(t, err, Explain(err))
	assert.NoError(t, Explain(nil))
	other := &mysql.MySQLError{Number: 1146, Message: "Table 'x' doesn't exist"}
	assert.Equal(t, error(other), Explain(other))
}

// The driver's bare error does not tell with which token the login was: parts of any of the process's are taken out,
// also of a renewed one's predecessor, whether or not there is a hint.
func TestExplainTakesOutAnEcho(t *testing.T) {
	b := engine.Bench(t, nil)
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	require.NoError(t, open(t, cfg).PingContext(t.Context())) // so that there is a token to echo
	token := b.Issuer.Issued()[0]
	for part, echo := range map[string]string{
		"the signature": token[strings.LastIndexByte(token, '.')+1:], "upper case": strings.ToUpper(token), "16 bytes": token[len(token)/2:][:16],
	} {
		for _, number := range []int{1045, 1146} {
			end := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: number, State: "28000", Message: "you sent <" + echo + ">"}})
			err := Explain(open(t, cfg).PingContext(t.Context()))
			end()
			require.ErrorContains(t, err, "you sent <***>", part)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%t"} {
				assert.NotContains(t, fmt.Sprintf(verb, err), echo, part)
			}
			assert.True(t, errors.As(err, new(*mysql.MySQLError)), part)
		}
	}
}
