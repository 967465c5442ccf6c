// Package drivertest is what the tests of packages postgres, mysql and sqlserver
// have in common: a cloud with a login front end to connect with, and the
// assertions that hold for every engine. Only tests import it.
package drivertest

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// Server is what azuretest's front ends have in common.
type Server interface {
	Addr() string
	Port() int
	Inject(azuretest.ServerFault) (remove func())
	Logins() []azuretest.ServerLogin
	Plaintext() []azuretest.ServerLogin
	ServeConn(ctx context.Context, conn net.Conn)
	Close() error
}

// Connector is what the connectors of the tested packages have in common.
type Connector interface {
	driver.Connector
	io.Closer
	Status() passwordless.Status
}

// Driver is what their drivers have in common.
type Driver interface {
	driver.Driver
	driver.DriverContext
}

// Engine is a tested package, with the front end that stands in for its server: O
// is the front end's options.
type Engine[S Server, O any, C Connector] struct {
	DriverName   string
	Driver       Driver
	NewConnector func(s string, o *passwordless.Options) (C, error)
	OpenDB       func(s string, o *passwordless.Options) (*sql.DB, error)

	StartServer func(cloud *azuretest.Cloud, o *O) (S, error)
	NewServer   func(ca *azuretest.CA, o *O) (S, error)
	Audience    string // of the tokens; "": azuretest's default

	// DSN is the string for database orders on 127.0.0.1 as user app, if the string
	// names one, with more settings at its end, of which some may be empty.
	DSN func(port int, more ...string) string
}

// Bench is a cloud, a front end and the options to reach it.
type Bench[S Server, O any, C Connector] struct {
	Cloud   *azuretest.Cloud
	Server  S
	Issuer  *Issuer
	Options *passwordless.Options

	engine Engine[S, O, C]
}

// Bench starts a cloud with a front end and an identity named app.
func (e Engine[S, O, C]) Bench(t testing.TB, o *O) *Bench[S, O, C] {
	t.Helper()
	cloud := azuretest.New(t, nil)
	b := &Bench[S, O, C]{Cloud: cloud, Server: e.Serve(t, cloud, o), engine: e}
	b.Issuer = &Issuer{
		cloud:        cloud,
		identity:     cloud.AddUserAssigned(azuretest.Identity{Name: "app"}),
		TokenOptions: azuretest.TokenOptions{Audience: e.Audience},
	}
	b.Options = &passwordless.Options{
		Credential:   b.Issuer,
		TrustedHosts: []string{"localhost", "127.0.0.1"},
		RootCAs:      []*x509.Certificate{cloud.CA().Certificate()},
		Environ:      NoVariables,
	}
	return b
}

// NoVariables is an environment without any.
func NoVariables() []string { return nil }

// Serve starts a front end of the cloud and closes it with the test.
func (e Engine[S, O, C]) Serve(t testing.TB, cloud *azuretest.Cloud, o *O) S {
	t.Helper()
	server, err := e.StartServer(cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// DSN is the connection string of the bench's server, with more settings.
func (b *Bench[S, O, C]) DSN(more ...string) string {
	return b.engine.DSN(b.Server.Port(), more...)
}

// Connector is a connector for the bench's server, closed with the test.
func (b *Bench[S, O, C]) Connector(t testing.TB, more ...string) C {
	t.Helper()
	return b.Open(t, b.DSN(more...))
}

// Open is a connector for string s with the bench's options, closed with the test.
func (b *Bench[S, O, C]) Open(t testing.TB, s string) C {
	t.Helper()
	c, err := b.engine.NewConnector(s, b.Options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// DB is a pool for the bench's server, closed with the test.
func (b *Bench[S, O, C]) DB(t testing.TB, more ...string) *sql.DB {
	t.Helper()
	db, err := b.engine.OpenDB(b.DSN(more...), b.Options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// Connect makes one connection and closes it.
func Connect(t testing.TB, c driver.Connector) error {
	t.Helper()
	conn, err := c.Connect(t.Context())
	if err != nil {
		return err
	}
	return conn.Close()
}
