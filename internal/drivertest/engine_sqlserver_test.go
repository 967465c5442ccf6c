package drivertest_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/sqlserver"
)

var sqlserverEngine = engine{
	Engine: drivertest.New(dsn.SQLServer, asConnector(sqlserver.NewConnector), func(c *azuretest.Cloud, f *front) (*sqlserverfront.Server, error) {
		return sqlserverfront.Start(c, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: f.names, Passwords: f.passwords}})
	}),
	kind:       dsn.SQLServer,
	name:       "sqlserver",
	driverName: sqlserver.DriverName,
	driver:     sqlserver.Driver{},
	connector:  asConnector(sqlserver.NewConnector),
	openDB:     sqlserver.OpenDB,
	inBubble: func(t *testing.T) (azuretest.Server, *drivertest.Issuer, *options) {
		return drivertest.InBubble(t, sqlserverfront.NewPipe, time.Hour, &sqlserverfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{"srv.database.windows.net"}}, Verify: func(string) (azuretest.Claims, error) { return azuretest.Claims{}, nil },
		})
	},

	host:  dsn.Host{Name: "srv.database.windows.net", Port: 1433},
	modes: []string{"encrypt=true", "encrypt=strict"},
	to: func(host string, more ...string) string {
		return "server=" + host + ";database=orders;" + strings.Join(more, ";")
	},
	hosts: func(first, second dsn.Host, more string) string {
		return fmt.Sprintf("server=%s;port=%d;database=orders;failover partner=%s;failoverport=%d;%s", first.Name, first.Port, second.Name, second.Port, more)
	},
	withPassword: func(b *bench, user, password string) string {
		return b.DSN("user id="+user, "password="+password)
	},
	variables: func(id azuretest.Identity, port string) map[string]string {
		return map[string]string{
			"AZURE_SQL_CONNECTIONSTRING": "Data Source=127.0.0.1," + port +
				";Initial Catalog=orders;User ID=" + id.ClientID + ";Authentication=ActiveDirectoryManagedIdentity",
		}
	},
	seen: func(t *testing.T, l azuretest.ServerLogin) { assert.Equal(t, "go-mssqldb", l.Parameters["app name"]) },

	badPort:      "server=h;port=canary;user id=u",
	badParameter: "timezone",
	native:       "go-mssqldb",

	refusal: func(message string) error { return &sqlserverfront.Error{Number: 18456, State: 1, Message: message} },
	refused: func(t *testing.T, err error) {
		native, ok := errors.AsType[mssql.Error](err)
		require.True(t, ok)
		assert.Equal(t, int32(18456), native.Number)
	},
	faults: map[string]azuretest.ServerFault{"routed astray": {Kind: azuretest.Route, Host: "elsewhere.example.com", Port: 1433}},
	routes: map[string]azuretest.ServerFault{
		"not in service":     refuse(&sqlserverfront.Error{Number: 40613, State: 1, Message: "not currently available"}),
		"redirect":           {Kind: azuretest.Route, Host: "srv.database.windows.net", Port: 11000, Times: 1},
		"redirects":          {Kind: azuretest.Route, Host: "srv.database.windows.net", Port: 11000},
		"redirect to nobody": {Kind: azuretest.Route, Host: `\instance`, Port: 11000},
	},
	dialogues: sqlserverDialogues,
	limits:    map[string]time.Duration{"encrypt=true": 30 * time.Second, "encrypt=strict": 30 * time.Second},
	plain:     []string{"encrypt=disable", "encrypt=true;TrustServerCertificate=true"},
	tls: func(b *bench) []string {
		return []string{b.DSN(""), b.DSN("encrypt=true"), b.DSN("encrypt=false"), b.DSN("encrypt=optional"), b.DSN("encrypt=mandatory"), b.DSN("encrypt=strict"),
			b.DSN("encrypt=strict;TrustServerCertificate=true"), b.DSN("encrypt=true;hostNameInCertificate=127.0.0.1")}
	},
	bare: func(b *testing.B, bench *bench) driver.Connector {
		cfg, err := msdsn.Parse(bench.DSN("encrypt=true"))
		require.NoError(b, err)
		cfg.TLSConfig.RootCAs = bench.Cloud.CA().Pool()
		native, err := mssql.NewSecurityTokenConnector(cfg, func(context.Context) (string, error) { return lastToken(bench), nil })
		require.NoError(b, err)
		if bench.Options.Dial != nil {
			native.Dialer = dialFunc(bench.Options.Dial)
		}
		return native
	},
}

// dialFunc is go-mssqldb's Dialer.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}
