package e2e_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/postgres"
)

// site is the stage with the shared server of any engine, for tests that are the same for all of them.
type site struct {
	*stage
	name     string // of the engine
	driver   string // for sql.Open
	prefix   string // of Service Connector's variables
	scope    string
	audience string // of the tokens it takes
	whoami   string // query for the user name
	address  string // of the shared server

	withoutTLS string // what a string says for that

	// sessions is how many connections of these users the server has; nil for SQL Server's, but see counted.
	sessions func(t *testing.T, users ...string) int

	// frontFor is a front end for an identity, until the test ends.
	frontFor func(*testing.T, azuretest.Identity) front

	// text is a connection string in the native driver's own syntax. Keys are name=value.
	text func(address, user string, keys ...string) string

	// open opens a connector until the test ends, create one that may fail.
	open   func(t *testing.T, text string, o *passwordless.Options) opened
	create func(text string, o *passwordless.Options) (opened, error)

	// byPassword is a string for an ordinary user, whom newPassword makes on the shared server.
	byPassword  func(address, user, password string) string
	newPassword func(ctx context.Context, user, password string) error
	engine      dsn.Engine
	others      otherWays
}

// site is PostgreSQL's.
func (s *stage) site() *site {
	return &site{
		stage: s, name: "postgres", driver: postgres.DriverName, prefix: "AZURE_POSTGRESQL_", scope: mySQL.scope,
		audience: azuretest.OSSRDBMSAudience, whoami: "select current_user", address: s.server.Addr(),
		sessions: s.sessions, withoutTLS: "sslmode=disable",
		frontFor: func(t *testing.T, id azuretest.Identity) front { return s.frontEnd(t, id.Name) },
		text: func(address, user string, keys ...string) string {
			return libpqAt(address, s.server.Database, user) + " " + strings.Join(keys, " ")
		},
		open:   func(t *testing.T, text string, o *passwordless.Options) opened { return newConnector(t, text, o) },
		create: func(text string, o *passwordless.Options) (opened, error) { return postgres.NewConnector(text, o) },
		byPassword: func(address, user, password string) string {
			return libpqAt(address, s.server.Database, user) + " password=" + password
		},
		newPassword: s.server.CreatePasswordUser,
		engine:      dsn.PostgreSQL,
		others:      otherWays{(*watch).tryOpenPool, (*watch).tryLoginPool},
	}
}

// site is this engine's.
func (b *bench) site() *site {
	x := &site{
		stage: b.stage, name: b.name, driver: b.driver, prefix: b.prefix, scope: b.scope,
		audience: b.audience, whoami: b.whoami, address: b.server.Addr(),
		frontFor: func(t *testing.T, _ azuretest.Identity) front { return b.newFront(t) },
		text: func(address, user string, keys ...string) string {
			more := make([]string, len(keys))
			for i, key := range keys {
				name, value, _ := strings.Cut(key, "=")
				more[i] = b.key(name, value)
			}
			return b.toAddress(address, user, more...)
		},
		open: b.connector, create: b.open,
		byPassword:  func(address, user, password string) string { return b.byPassword(address, user, password) },
		newPassword: b.server.CreatePasswordUser,
		engine:      dsn.SQLServer, withoutTLS: "encrypt=disable",
	}
	if b.engine == &mySQL {
		x.engine, x.withoutTLS, x.sessions = dsn.MySQL, "tls=false", b.mySQLSessions
		x.others = otherWays{(*watch).tryOpenConfigured, (*watch).tryLoginConfigured}
	}
	return x
}

// connect opens a connector for an identity until the test ends.
func (x *site) connect(t *testing.T, address string, id azuretest.Identity, o *passwordless.Options, keys ...string) opened {
	t.Helper()
	return x.open(t, x.text(address, id.Name, keys...), o)
}

// onEachSite is onEach for such a test.
func onEachSite(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	onEach(t, func(t *testing.T, b *bench) { test(t, b.site()) })
}

// onEachSiteAtOnce is onEachSite on App Service for a test that takes its time: on both engines in parallel.
func onEachSiteAtOnce(t *testing.T, test func(*testing.T, *bench, *site)) {
	t.Helper()
	for _, e := range engines {
		_, _ = e.shared() // needs a compiler on PATH; each engine's test looks at the error
	}
	s := onCloud(t)
	s.onAppService(t)
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			server, err := e.shared()
			if err != nil {
				e.require(t)
			}
			require.NoError(t, err)
			b := e.onto(s, server)
			test(t, b, b.site())
		})
	}
}

// mint is a token for this site.
func (x *site) mint(id azuretest.Identity) string {
	return x.Mint(id, x.audience)
}

// managed connects a new managed identity.
func (x *site) managed(t *testing.T, o *passwordless.Options) (azuretest.Identity, opened) {
	t.Helper()
	id := x.userAssigned(t)
	return id, x.connect(t, x.address, id, o, "client_id="+id.ClientID)
}

// managedAt is managed for a front end of its own.
func (x *site) managedAt(t *testing.T, o *passwordless.Options) (azuretest.Identity, front, opened) {
	t.Helper()
	id := x.userAssigned(t)
	f := x.frontFor(t, id)
	return id, f, x.connect(t, f.Addr(), id, o, "client_id="+id.ClientID)
}

// openOnce opens a connection, which nothing pools, and closes it.
func openOnce(ctx context.Context, c opened) error {
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// opening is openOnce as a function of the context.
func opening(c opened) func(context.Context) error {
	return func(ctx context.Context) error { return openOnce(ctx, c) }
}

// pooled is a database until the test ends, over a connector that ends with it.
func pooled(t *testing.T, c opened) *sql.DB {
	t.Helper()
	db := sql.OpenDB(c)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}
