package e2e_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// gateway is a SQL Server that sends logins on, as that of Azure SQL Database does, with an identity to log in.
type gateway struct {
	*bench
	front
	id azuretest.Identity
}

// newGateway is one that sends no one anywhere yet.
func newGateway(t *testing.T, b *bench) *gateway {
	t.Helper()
	b.onAppService(t)
	return &gateway{b, b.named(t, loopback), b.userAssigned(t)}
}

// gatewayTo is a stage with a gateway that leads to another front end, by the name localhost.
func gatewayTo(t *testing.T, faults ...azuretest.ServerFault) (*gateway, front) {
	t.Helper()
	g := newGateway(t, sqlServer.on(t))
	return g, g.worker(t, faults...)
}

// worker is a front end with these faults to which the gateway leads, by the name localhost.
func (g *gateway) worker(t *testing.T, faults ...azuretest.ServerFault) front {
	t.Helper()
	f := g.named(t, "localhost")
	for _, fault := range faults {
		f.Inject(fault)
	}
	g.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: f.Port()})
	return f
}

// options trust both names of this machine.
func (g *gateway) options(environ ...string) *passwordless.Options {
	o := g.bench.options(environ...)
	o.TrustedHosts = []string{loopback, "localhost"}
	return o
}

func (g *gateway) text(more ...string) string {
	return g.toFront(g.front, "", append(more, "client_id="+g.id.ClientID)...)
}

// requireTokens asserts how many tokens were asked for and how many logins the gateway granted.
func (g *gateway) requireTokens(t *testing.T, mark, tokens, logins int) {
	t.Helper()
	assert.Equal(t, tokens, g.asked(mark, g.id), "token requests")
	require.Len(t, g.Logins(), logins)
	for _, login := range g.Logins() {
		assert.NoError(t, login.Err)
	}
}

// The server that does the work gets the token that the gateway got, and is verified by its own name.
func TestRoutedLogin(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			g := newGateway(t, sqlServer.on(t))
			g.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: port(t, g.server.Addr())})
			mark := g.mark()
			g.requireUser(t, g.id.Name, g.db(t, g.text(encrypt), g.options()))
			g.requireTokens(t, mark, 1, 1)
		})
	}
}

func TestRoutedLoginSendsOneToken(t *testing.T) {
	g, worker := gatewayTo(t)
	mark := g.mark()
	c := g.connector(t, g.text(), g.options())
	for range 3 {
		conn, err := c.Connect(limited(t))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	g.requireTokens(t, mark, 1, 3)
	require.Len(t, worker.Logins(), 3)
	for _, login := range worker.Logins() {
		assert.NoError(t, login.Err)
		assert.Equal(t, "localhost", login.ServerName)
		assert.Equal(t, g.Logins()[0].PasswordSHA256, login.PasswordSHA256)
	}
}

// The gateway names a service principal's tenant, and the worker is asked no more.
func TestRoutedServicePrincipalWithoutTenant(t *testing.T) {
	g, worker := gatewayTo(t)
	app := g.admitPrincipal(t)
	o := g.options(g.authority(), "AZURE_SQL_CONNECTIONSTRING="+g.toFront(g.front, ""),
		"AZURE_SQL_CLIENTID="+app.ClientID, "AZURE_SQL_CLIENTSECRET="+app.Secret)
	mark := g.mark()
	require.NoError(t, g.connectOnce(limited(t), "", o))
	assert.Equal(t, 1, g.asked(mark, app))
	require.Len(t, worker.Logins(), 1)
	assert.NoError(t, worker.Logins()[0].Err)
}

// Azure's names need no list. The dialer is asked for each by its name.
func TestRouteBetweenAzuresNames(t *testing.T) {
	const name = "e4b5.tr1.northeurope1-a.worker.database.windows.net"
	b := sqlServer.on(t)
	b.onAppService(t)
	id, entrance, worker := b.userAssigned(t), b.named(t, b.azure), b.named(t, "*"+strings.TrimPrefix(name, "e4b5"))
	entrance.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: name, Port: 11005})
	o := b.options()
	o.TrustedHosts = []string{}
	var dialled []string
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return dialTo(map[string]front{b.azure + ":1433": entrance, name + ":11005": worker}[address])(ctx, network, address)
	}
	require.NoError(t, b.connectOnce(limited(t), "server="+b.azure+";database=app;client_id="+id.ClientID, o))
	assert.Equal(t, []string{b.azure + ":1433", name + ":11005"}, dialled)
}

// Whoever sends a login on, a server that may not have a token gets none: neither one that is not trusted, nor one
// that cannot prove that it is.
func TestRouteToWhereNoTokenGoes(t *testing.T) {
	b := sqlServer.on(t)
	for _, encrypt := range []string{"", "encrypt=strict"} {
		for _, c := range unverifiedServers {
			t.Run(c.name+" "+encrypt, func(t *testing.T) {
				g := newGateway(t, b)
				worker := g.worker(t, c.fault)
				requireAnchor[*passwordless.LoginError](t, g.connectOnce(limited(t), g.text(encrypt), g.options()), c.anchor, c.name)
				requireNoToken(t, worker)
			})
		}
		t.Run("untrusted "+encrypt, func(t *testing.T) {
			g := newGateway(t, b)
			worker, o := g.worker(t), g.bench.options()
			requireSetupError(t, g.connectOnce(limited(t), g.text(encrypt), o), "untrusted-host", `host "localhost"`)
			requireNoToken(t, worker)
			assert.Empty(t, worker.Logins(), "connections")
		})
	}
}

// Three hops are enough for anybody.
func TestEndlessRoute(t *testing.T) {
	for _, c := range []struct {
		name   string
		times  int // 0: for ever
		logins int
	}{{"three hops", 3, 4}, {"a circle", 0, 4}} {
		t.Run(c.name, func(t *testing.T) {
			g := newGateway(t, sqlServer.on(t))
			g.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: loopback, Port: g.Port(), Times: c.times})
			mark := g.mark()
			err := g.connectOnce(limited(t), g.text(), g.options())
			if c.times == 0 {
				requireLoginError(t, err, "wrong-server", "redirects the login too often")
			} else {
				require.NoError(t, err)
			}
			g.requireTokens(t, mark, 1, c.logins)
		})
	}
}

// The caller's deadline ends a login wherever it is under way.
func TestRouteToASilentServer(t *testing.T) {
	g, worker := gatewayTo(t, azuretest.ServerFault{Kind: azuretest.Silent})
	for _, encrypt := range []string{"", "encrypt=strict"} {
		began := time.Now()
		ctx, cancel := context.WithTimeout(limited(t), 200*time.Millisecond)
		err := g.connectOnce(ctx, g.text(encrypt), g.options())
		cancel()
		assert.Less(t, time.Since(began), 10*time.Second)
		requireLoginError(t, err, "no-answer", "did not end in time")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	requireNoToken(t, worker)
}

// What a worker says of the token counts as much as if the first server had said it.
func TestExpiredAtTheEndOfARoute(t *testing.T) {
	g, worker := gatewayTo(t, azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	mark := g.mark()
	require.NoError(t, g.connectOnce(limited(t), g.text(), g.options()))
	g.requireTokens(t, mark, 2, 2)
	requireTwoTokens(t, worker)
}
