// Package drivertest holds the tests that packages postgres, mysql and sqlserver
// have in common, in its test files, and what those and the packages' own tests
// need: a cloud with a login front end to connect with. Only tests import it.
package drivertest

import (
	"context"
	"crypto/x509"
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// Connector is what the connectors of the tested packages have in common.
type Connector interface {
	driver.Connector
	io.Closer
	Status() passwordless.Status
}

// Engine is a tested package and the front end, with options O, that stands in for its server.
type Engine[O any, C Connector] struct {
	kind         dsn.Engine
	newConnector func(s string, o *passwordless.Options) (C, error)
	start        func(*azuretest.Cloud, *O) (azuretest.Server, error)
}

// New returns the engine of a package's NewConnector and a front end's Start.
func New[S azuretest.Server, O any, C Connector](kind dsn.Engine, newConnector func(string, *passwordless.Options) (C, error), start func(*azuretest.Cloud, *O) (S, error)) Engine[O, C] {
	return Engine[O, C]{kind, newConnector, func(cloud *azuretest.Cloud, o *O) (azuretest.Server, error) { return start(cloud, o) }}
}

// Bench is a cloud, a front end and the options to reach it.
type Bench[O any, C Connector] struct {
	Cloud   *azuretest.Cloud
	Server  azuretest.Server
	Issuer  *Issuer
	Options *passwordless.Options

	engine Engine[O, C]
}

// Bench starts a cloud with a front end and an identity named app.
func (e Engine[O, C]) Bench(t testing.TB, o *O) *Bench[O, C] {
	t.Helper()
	cloud := azuretest.New(t)
	identity, issuer := cloud.AddUserAssigned(azuretest.Identity{Name: "app"}), &Issuer{life: time.Hour}
	audience := azuretest.OSSRDBMSAudience
	if e.kind == dsn.SQLServer {
		audience = azuretest.SQLAudience
	}
	issuer.mint = func(int, time.Time) string {
		identity.Claims = map[string]any{"xms_pad": strings.Repeat("x", issuer.Size*3/4)} // four bytes of a token for three
		return cloud.Mint(identity, audience)
	}
	return &Bench[O, C]{cloud, e.Serve(t, cloud, o), issuer, options(cloud.CA(), issuer), e}
}

func options(ca *azuretest.CA, issuer *Issuer) *passwordless.Options {
	return &passwordless.Options{
		Credential:   issuer,
		TrustedHosts: []string{"localhost", "127.0.0.1"},
		RootCAs:      []*x509.Certificate{ca.Certificate()},
		Environ:      func() []string { return nil },
	}
}

// Serve starts a front end of the cloud and closes it with the test.
func (e Engine[O, C]) Serve(t testing.TB, cloud *azuretest.Cloud, o *O) azuretest.Server {
	t.Helper()
	server, err := e.start(cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// DSN is the string for database orders of the bench's server, as user app where it
// names one, with more settings at its end.
func (b *Bench[O, C]) DSN(more ...string) string {
	switch b.engine.kind {
	case dsn.PostgreSQL:
		return fmt.Sprintf("host=127.0.0.1 port=%d dbname=orders user=app sslmode=require %s", b.Server.Port(), strings.Join(more, " "))
	case dsn.MySQL:
		return fmt.Sprintf("app@tcp(127.0.0.1:%d)/orders?%s", b.Server.Port(), strings.Join(append([]string{"tls=true"}, more...), "&"))
	default:
		return fmt.Sprintf("server=127.0.0.1;port=%d;database=orders;%s", b.Server.Port(), strings.Join(more, ";"))
	}
}

// Connector is a connector for the bench's server, closed with the test.
func (b *Bench[O, C]) Connector(t testing.TB, more ...string) C {
	t.Helper()
	return b.Open(t, b.DSN(more...))
}

// Open is a connector for string s with the bench's options, closed with the test.
func (b *Bench[O, C]) Open(t testing.TB, s string) C {
	t.Helper()
	c, err := b.engine.newConnector(s, b.Options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// AssertRefused logs in with a fault of the server, which then is closed. The error
// leads to the section of that anchor, and has the text.
func (b *Bench[O, C]) AssertRefused(t *testing.T, fault azuretest.ServerFault, anchor, text string) {
	t.Helper()
	b.Server.Inject(fault)
	err := Connect(t, b.Connector(t))
	assert.Equal(t, anchor, LoginError(t, err).Anchor)
	assert.ErrorContains(t, err, text)
	require.NoError(t, b.Server.Close())
}

// Reroute makes a second bench, which this one trusts and whose server refuses every
// login. The text of the refusal is "the token came here".
func (b *Bench[O, C]) Reroute(t *testing.T, refusal error) *Bench[O, C] {
	t.Helper()
	other := b.engine.Bench(t, nil)
	b.Options.RootCAs = append(b.Options.RootCAs, other.Cloud.CA().Certificate())
	other.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: refusal})
	return other
}

// AssertRerouted checks the error of a login at the second bench, as me to database mine.
func (b *Bench[O, C]) AssertRerouted(t *testing.T, err error) {
	t.Helper()
	require.ErrorContains(t, err, "the token came here")
	logins := b.Server.Logins()
	login := logins[len(logins)-1]
	assert.Equal(t, "mine", login.Database)
	assert.Equal(t, "me", login.User)
	assert.NotZero(t, login.TLS)
}

// InBubble makes a server for a synctest bubble, with a front end's NewPipe, a
// credential with tokens of the given life, and options to reach the server with it.
func InBubble[S azuretest.Server, O any](t *testing.T, newPipe func(*azuretest.CA, *O) (S, error), life time.Duration, o *O) (S, *Issuer, *passwordless.Options) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	server, err := newPipe(ca, o)
	require.NoError(t, err)
	issuer := &Issuer{life: life, mint: unsigned}
	reach := options(ca, issuer)
	reach.Dial = func(context.Context, string, string) (net.Conn, error) {
		client, conn := net.Pipe()
		go server.ServeConn(t.Context(), conn)
		return client, nil
	}
	return server, issuer, reach
}
