package e2e_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab/internal/labtest"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
	labsqlserver "github.com/azuredb/passwordless/lab/sqlserver"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/sqlserver"
)

// engine is MySQL or SQL Server: what a test must know to do the same with each. PostgreSQL, the first, has tests
// of its own.
type engine struct {
	name     string // of the package
	driver   string // for sql.Open
	prefix   string // of Service Connector's variables
	scope    string
	audience string // of the tokens its servers take
	foreign  string // of the tokens of the other engine
	azure    string // a name of Azure's in the shared server's certificate

	whoami string // query for the user name
	one    string // query for the number 1

	require func(testing.TB)
	shared  func() (server, error)
	front   func(*testing.T, *bench) front
	bare    func(c *azuretest.Cloud, names []string, certificate tls.Certificate) (front, error) // without sessions
	open    func(text string, o *passwordless.Options) (opened, error)

	// text is a connection string in the native driver's own syntax, with more keys as key=value; user may be empty.
	text func(address, database, user string, more ...string) string

	// code is the number of the server's error, 0 if there is none in err.
	code func(err error) int

	// refuse is a server's refusal with the code.
	refuse func(code int, message string) azuretest.ServerFault
}

// server is a running database server.
type server interface {
	io.Closer
	Addr() string
	CreateUser(ctx context.Context, name string) error
	CreatePasswordUser(ctx context.Context, name, password string) error
	Log() string
}

// front is a login front end that refuses in Azure's own words.
type front interface {
	Addr() string
	Host() string
	Port() int
	Close() error
	Inject(azuretest.ServerFault) (remove func())
	Logins() []azuretest.ServerLogin
	Plaintext() []azuretest.ServerLogin
}

// opened is a connector of this module's packages.
type opened interface {
	driver.Connector
	io.Closer
	Status() passwordless.Status
}

var engines = []*engine{&mySQL, &sqlServer}

const (
	database      = "app"
	mySQLName     = "e2e.mysql.database.azure.com"
	sqlServerName = "e2e.database.windows.net"
)

var (
	sharedMySQL     = labtest.Share(labmysql.Start, &labmysql.Options{Installed: true, Names: []string{"localhost", loopback, mySQLName}})
	sharedSQLServer = labtest.Share(labsqlserver.Start, &labsqlserver.Options{Names: []string{"localhost", loopback, sqlServerName}})
)

var mySQL = engine{
	name: "mysql", driver: mysql.DriverName, prefix: "AZURE_MYSQL_",
	scope:    "https://ossrdbms-aad.database.windows.net/.default",
	audience: azuretest.OSSRDBMSAudience, foreign: azuretest.SQLAudience,
	azure:   mySQLName,
	whoami:  "select substring_index(current_user(), '@%', 1)",
	one:     "select 1",
	require: labmysql.Require,
	shared:  func() (server, error) { return sharedMySQL() },
	bare: func(c *azuretest.Cloud, names []string, certificate tls.Certificate) (front, error) {
		return mysqlfront.Start(c, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Names: names}, Certificate: certificate})
	},
	open: func(text string, o *passwordless.Options) (opened, error) { return mysql.NewConnector(text, o) },
	text: func(address, database, user string, more ...string) string {
		return fmt.Sprintf("%s@tcp(%s)/%s?%s", user, address, database, strings.Join(more, "&"))
	},
	code: func(err error) int {
		refused, ok := errors.AsType[*gomysql.MySQLError](err)
		if !ok {
			return 0
		}
		return int(refused.Number)
	},
	refuse: func(code int, message string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: code, State: "28000", Message: message}}
	},
}

var sqlServer = engine{
	name: "sqlserver", driver: sqlserver.DriverName, prefix: "AZURE_SQL_",
	scope:    "https://database.windows.net/.default",
	audience: azuretest.SQLAudience, foreign: azuretest.OSSRDBMSAudience,
	azure:   sqlServerName,
	whoami:  "select suser_sname()",
	one:     "select 1",
	require: func(testing.TB) {},
	shared:  func() (server, error) { return sharedSQLServer() },
	bare: func(c *azuretest.Cloud, names []string, certificate tls.Certificate) (front, error) {
		return sqlserverfront.Start(c, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: names}, Certificate: certificate})
	},
	open: func(text string, o *passwordless.Options) (opened, error) { return sqlserver.NewConnector(text, o) },
	text: func(address, database, user string, more ...string) string {
		host, port, _ := net.SplitHostPort(address)
		text := fmt.Sprintf("server=%s;port=%s;database=%s;dial timeout=30;", host, port, database)
		if user != "" {
			text += "user id=" + user + ";"
		}
		return text + strings.Join(more, ";")
	},
	code: func(err error) int {
		refused, ok := errors.AsType[mssql.Error](err)
		if !ok {
			return 0
		}
		return int(refused.Number)
	},
	refuse: func(code int, message string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: int32(code), State: 1, Message: message}}
	},
}

func init() { // they would refer to themselves
	mySQL.front = func(t *testing.T, b *bench) front {
		backend, err := b.server.(*labmysql.Server).BackendDSN()
		require.NoError(t, err)
		front, err := mysqlfront.Start(b.Cloud, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend}})
		require.NoError(t, err)
		return front
	}
	sqlServer.front = func(t *testing.T, b *bench) front {
		front, err := sqlserverfront.Start(b.Cloud, nil)
		require.NoError(t, err)
		return front
	}
}

// bench is the stage with one engine's shared server.
type bench struct {
	*stage
	*engine
	server server
}

// onEach runs a test for each engine.
func onEach(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { test(t, e.on(t)) })
	}
}

// on is onStage for this engine.
func (e *engine) on(t *testing.T) *bench {
	t.Helper()
	e.require(t)
	server, err := e.shared() // needs a compiler on PATH
	require.NoError(t, err)
	return e.onto(onCloud(t), server)
}

// onto is a stage with this engine's server. The one given stays as it is.
func (e *engine) onto(s *stage, server server) *bench {
	own := *s
	own.newUser = server.CreateUser
	return &bench{stage: &own, engine: e, server: server}
}

// to is a string for the shared server. SQL Server's token names the user, so its strings have none.
func (b *bench) to(user string, more ...string) string {
	return b.toAddress(b.server.Addr(), user, more...)
}

// toFront is a string for a front end.
func (b *bench) toFront(f front, user string, more ...string) string {
	return b.toAddress(f.Addr(), user, more...)
}

func (b *bench) toAddress(address, user string, more ...string) string {
	if b.engine == &sqlServer {
		user = ""
	}
	return b.text(address, database, user, more...)
}

// connectionString is the variable that holds a connection string.
func (b *bench) connectionString(text string) string { return b.prefix + "CONNECTIONSTRING=" + text }

// newFront is a front end until the test ends: with the shared server behind it where that is MariaDB.
func (b *bench) newFront(t *testing.T) front {
	t.Helper()
	f := b.engine.front(t, b)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}

// connector opens one until the test ends.
func (b *bench) connector(t *testing.T, text string, o *passwordless.Options) opened {
	t.Helper()
	c, err := b.open(text, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

// db opens a database until the test ends.
func (b *bench) db(t *testing.T, text string, o *passwordless.Options) *sql.DB {
	t.Helper()
	c, err := b.open(text, o)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// sqlOpen is sql.Open until the test ends.
func (b *bench) sqlOpen(t *testing.T, text string) *sql.DB {
	t.Helper()
	return sqlOpenAs(t, b.driver, text)
}

// requireUser asserts which user a database is logged in with.
func (b *bench) requireUser(t *testing.T, want string, db *sql.DB) {
	t.Helper()
	requireText(t, want, db, b.whoami)
}

// port is the number in an address.
func port(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}
