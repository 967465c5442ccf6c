package drivertest_test

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/postgres"
)

var postgresEngine = engine{
	Engine: drivertest.New(dsn.PostgreSQL, asConnector(postgres.NewConnector), func(c *azuretest.Cloud, f *front) (*postgresfront.Server, error) {
		return postgresfront.Start(c, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Names: f.names, Passwords: f.passwords}})
	}),
	kind:       dsn.PostgreSQL,
	name:       "postgres",
	driverName: postgres.DriverName,
	driver:     postgres.Driver{},
	connector:  asConnector(postgres.NewConnector),
	openDB:     postgres.OpenDB,
	inBubble: func(t *testing.T) (azuretest.Server, *drivertest.Issuer, *options) {
		return drivertest.InBubble(t, postgresfront.NewPipe, time.Hour, &postgresfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{"srv.postgres.database.azure.com"}}, Verify: func(string, string) error { return nil },
		})
	},

	host: dsn.Host{Name: "srv.postgres.database.azure.com", Port: 5432},
	to: func(host string, more ...string) string {
		return "host=" + host + " user=app " + strings.Join(more, " ")
	},
	hosts: func(first, second dsn.Host, more string) string {
		return fmt.Sprintf("host=%s,%s port=%d,%d dbname=orders user=app %s", first.Name, second.Name, first.Port, second.Port, more)
	},
	withPassword: func(b *bench, user, password string) string {
		return b.DSN("user="+user, "password='"+password+"'")
	},
	variables: func(id azuretest.Identity, port string) map[string]string {
		return map[string]string{
			"AZURE_POSTGRESQL_CONNECTIONSTRING": "host=127.0.0.1 port=" + port + " dbname=orders sslmode=require user=" + id.Name,
			"AZURE_POSTGRESQL_CLIENTID":         id.ClientID,
		}
	},
	seen: func(t *testing.T, l azuretest.ServerLogin) {
		assert.Equal(t, "aad_orders", l.User)
		assert.Empty(t, l.Parameters)
	},
	user: "app",

	badPort:      "host=h port=canary user=u",
	badParameter: "default_query_exec_mode",
	native:       "pgx",

	refusal: func(message string) error { return &pgconn.PgError{Code: "28P01", Message: message} },
	refused: func(t *testing.T, err error) {
		native, ok := errors.AsType[*pgconn.PgError](err)
		require.True(t, ok)
		assert.Equal(t, "28P01", native.Code)
		failed, ok := errors.AsType[*pgconn.ConnectError](err)
		require.True(t, ok)
		assert.Empty(t, failed.Config.Password, "the token must not stay in the error")
	},
	faults:    map[string]azuretest.ServerFault{"MD5": {Kind: azuretest.AskMD5}, "SCRAM": {Kind: azuretest.AskSCRAM}},
	dialogues: postgresDialogues,
	limits:    map[string]time.Duration{"": 30 * time.Second, "connect_timeout=7": 7 * time.Second},
	plain:     []string{"sslmode=disable"},
	tls: func(b *bench) []string {
		var all []string
		for _, mode := range []string{"require", "prefer", "verify-ca", "allow", "verify-full"} {
			all = append(all, b.DSN("sslmode="+mode))
		}
		return all
	},
	doors: postgresDoors,
	bare: func(b *testing.B, bench *bench) driver.Connector {
		cfg, err := pgx.ParseConfig(bench.DSN())
		require.NoError(b, err)
		cfg.TLSConfig = &tls.Config{RootCAs: bench.Cloud.CA().Pool(), ServerName: cfg.Host}
		if bench.Options.Dial != nil {
			cfg.DialFunc = bench.Options.Dial
		}
		return stdlib.GetConnector(*cfg, stdlib.OptionBeforeConnect(func(_ context.Context, cc *pgx.ConnConfig) error {
			cc.Password = lastToken(bench)
			return nil
		}))
	},
}
