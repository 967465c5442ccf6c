package frontend_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/internal/tds"
)

// engine is a front end and a client of it.
type engine struct {
	audience string
	start    func(*testing.T, *azuretest.Cloud) azuretest.Server
	dial     func(t *testing.T, address, user, token string, config *tls.Config) error
	causes   bool // the driver keeps the causes of its errors

	faults  []azuretest.ServerFault // of this engine alone
	foreign error                   // of another engine
}

var engines = map[string]engine{
	"PostgreSQL": {
		audience: azuretest.OSSRDBMSAudience, dial: dialPostgres, causes: true,
		start: func(t *testing.T, c *azuretest.Cloud) azuretest.Server { return postgrestest.New(t, c, nil) },
		faults: []azuretest.ServerFault{
			{Kind: azuretest.AskMD5}, {Kind: azuretest.AskSCRAM},
			{Kind: azuretest.Refuse, Err: fmt.Errorf("no: %w", &pgconn.PgError{})},
		},
		foreign: &azuretest.ServerError{},
	},
	"MySQL": {
		audience: azuretest.OSSRDBMSAudience, dial: dialMySQL, causes: true,
		start: func(t *testing.T, c *azuretest.Cloud) azuretest.Server { return mysqltest.New(t, c, nil) },
		faults: []azuretest.ServerFault{
			{Kind: azuretest.AskNativePassword}, {Kind: azuretest.AskCachingSHA2},
			{Kind: azuretest.Refuse, Err: fmt.Errorf("no: %w", &azuretest.ServerError{})},
		},
		foreign: &tds.Error{},
	},
	"SQL Server": {
		audience: azuretest.SQLAudience, dial: dialSQLServer("encrypt=true"),
		start: func(t *testing.T, c *azuretest.Cloud) azuretest.Server { return sqlservertest.New(t, c, nil) },
		faults: []azuretest.ServerFault{
			{Kind: azuretest.Route, Host: "localhost", Port: 1},
			{Kind: azuretest.Refuse, Err: fmt.Errorf("no: %w", &azuretest.ServerError{})},
		},
		foreign: &pgconn.PgError{},
	},
	"SQL Server, strict": {
		audience: azuretest.SQLAudience, dial: dialSQLServer("encrypt=strict"),
		start:   func(t *testing.T, c *azuretest.Cloud) azuretest.Server { return sqlservertest.New(t, c, nil) },
		faults:  []azuretest.ServerFault{{Kind: azuretest.Route, Host: "localhost", Port: 1}},
		foreign: &pgconn.PgError{},
	},
}

// bench is a server of an engine, and a token of an identity named app.
type bench struct {
	azuretest.Server
	engine
	cloud *azuretest.Cloud
	token string
}

// onEach runs a test with each engine.
func onEach(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	for name, e := range engines {
		t.Run(name, func(t *testing.T) { test(t, newBench(t, e)) })
	}
}

func newBench(t *testing.T, e engine) *bench {
	t.Helper()
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	token := cloud.Mint(app, e.audience)
	return &bench{Server: e.start(t, cloud), engine: e, cloud: cloud, token: token}
}

// login logs in with the token, verified unless change says otherwise.
func (b *bench) login(t *testing.T, change func(*tls.Config)) error {
	t.Helper()
	config := &tls.Config{RootCAs: b.cloud.CA().Pool(), ServerName: "localhost"}
	if change != nil {
		change(config)
	}
	return b.dial(t, b.Addr(), "app", b.token, config)
}

func dialPostgres(t *testing.T, address, user, token string, config *tls.Config) error {
	t.Helper()
	c, err := pgx.ParseConfig(fmt.Sprintf("postgres://%s@%s/orders?sslmode=disable", user, address))
	require.NoError(t, err)
	c.Password, c.TLSConfig, c.Fallbacks = token, config, nil
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		return err
	}
	return conn.Close(t.Context())
}

func dialMySQL(t *testing.T, address, user, token string, config *tls.Config) error {
	t.Helper()
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName, c.User, c.Passwd = "tcp", address, "orders", user, token
	c.TLS, c.AllowCleartextPasswords, c.Logger = config, true, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	require.NoError(t, err)
	conn, err := connector.Connect(t.Context())
	if err != nil {
		return err
	}
	return conn.Close()
}

func dialSQLServer(parameters string) func(t *testing.T, address, user, token string, config *tls.Config) error {
	return func(t *testing.T, address, _, token string, config *tls.Config) error {
		t.Helper()
		c, err := msdsn.Parse("sqlserver://" + address + "?database=orders&" + parameters)
		require.NoError(t, err)
		c.TLSConfig, c.HostInCertificateProvided, c.DialTimeout = config, true, 20*time.Second
		connector, err := mssql.NewSecurityTokenConnector(c, func(context.Context) (string, error) { return token, nil })
		require.NoError(t, err)
		conn, err := connector.Connect(t.Context())
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
