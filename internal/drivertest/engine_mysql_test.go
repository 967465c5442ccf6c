package drivertest_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	passwordlessmysql "github.com/azuredb/passwordless/mysql"
)

var mysqlEngine = engine{
	Engine: drivertest.New(dsn.MySQL, asConnector(passwordlessmysql.NewConnector), func(c *azuretest.Cloud, f *front) (*mysqlfront.Server, error) {
		return mysqlfront.Start(c, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Names: f.names, Passwords: f.passwords}})
	}),
	kind:       dsn.MySQL,
	name:       "mysql",
	driverName: passwordlessmysql.DriverName,
	driver:     passwordlessmysql.Driver{},
	connector:  asConnector(passwordlessmysql.NewConnector),
	openDB:     passwordlessmysql.OpenDB,
	inBubble: func(t *testing.T) (azuretest.Server, *drivertest.Issuer, *options) {
		return drivertest.InBubble(t, mysqlfront.NewPipe, time.Hour, &mysqlfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{"srv.mysql.database.azure.com"}}, Verify: func(string, string) error { return nil },
		})
	},

	host: dsn.Host{Name: "srv.mysql.database.azure.com", Port: 3306},
	to: func(host string, more ...string) string {
		return "app@tcp(" + host + ")/?" + strings.Join(append([]string{"tls=true"}, more...), "&")
	},
	hosts: func(first, second dsn.Host, more string) string {
		return "app@tcp(" + first.String() + "," + second.String() + ")/orders?tls=true&" + more
	},
	withPassword: func(b *bench, user, password string) string {
		return strings.Replace(b.DSN(), "app@", user+":"+password+"@", 1)
	},
	variables: func(id azuretest.Identity, port string) map[string]string {
		return map[string]string{
			"AZURE_MYSQL_CONNECTIONSTRING": id.Name + "@tcp(127.0.0.1:" + port + ")/orders?tls=true",
			"AZURE_MYSQL_CLIENTID":         id.ClientID,
		}
	},
	seen: func(t *testing.T, l azuretest.ServerLogin) { assert.Equal(t, "aad_orders", l.User) },
	user: "app",

	badPort:      "u@tcp(h:canary)/db",
	badParameter: "loc",
	native:       "go-sql-driver",

	refusal: func(message string) error {
		return &azuretest.ServerError{Number: 1045, State: "28000", Message: message}
	},
	refused: func(t *testing.T, err error) {
		native, ok := errors.AsType[*mysql.MySQLError](err)
		require.True(t, ok)
		assert.Equal(t, uint16(1045), native.Number)
	},
	faults:    map[string]azuretest.ServerFault{"native": {Kind: azuretest.AskNativePassword}, "caching_sha2": {Kind: azuretest.AskCachingSHA2}},
	dialogues: mysqlDialogues,
	limits:    map[string]time.Duration{"": 30 * time.Second, "timeout=7s": 30 * time.Second, "timeout=70s": 70 * time.Second, "readTimeout=7s": 7 * time.Second},
	plain:     []string{"tls=false", "tls=skip-verify"},
	tls: func(b *bench) []string {
		server := b.Server.Addr()
		return []string{
			b.DSN(), b.DSN("tls=preferred"), b.DSN("allowFallbackToPlaintext=true", "allowCleartextPasswords=true"),
			"app@tcp(" + server + ")/orders",
			"jdbc:mysql://" + server + "/orders?sslmode=required&user=app",
			"Server=127.0.0.1;Port=" + strconv.Itoa(b.Server.Port()) + ";Database=orders;User Id=app;SSL Mode=Preferred;",
		}
	},
	doors: mysqlDoors,
	bare: func(b *testing.B, bench *bench) driver.Connector {
		cfg, err := mysql.ParseDSN(bench.DSN())
		require.NoError(b, err)
		cfg.TLS.RootCAs = bench.Cloud.CA().Pool()
		cfg.AllowCleartextPasswords, cfg.DialFunc = true, bench.Options.Dial
		require.NoError(b, cfg.Apply(mysql.BeforeConnect(func(_ context.Context, own *mysql.Config) error {
			own.Passwd = lastToken(bench)
			return nil
		})))
		native, err := mysql.NewConnector(cfg)
		require.NoError(b, err)
		return native
	},
}
