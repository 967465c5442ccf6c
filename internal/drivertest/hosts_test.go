package drivertest_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestSecondHost(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		closed := dsn.Host{Name: "127.0.0.1", Port: uint16(drivertest.ClosedPort(t))}
		open := dsn.Host{Name: "localhost", Port: uint16(b.Server.Port())}
		require.NoError(t, drivertest.Connect(t, b.Open(t, e.hosts(closed, open, ""))))
		assert.Equal(t, "localhost", b.Server.Logins()[0].ServerName)
	})
}

// dialled connects with string s by a dialer of the caller's own that always
// reaches the bench's server, and returns the addresses that it was asked for.
func dialled(t *testing.T, b *bench, s string) []string {
	t.Helper()
	var addresses []string
	b.Options.TrustedHosts = nil
	b.Options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		addresses = append(addresses, address)
		return new(net.Dialer).DialContext(ctx, network, b.Server.Addr())
	}
	require.NoError(t, drivertest.Connect(t, b.Open(t, s)))
	return addresses
}

func TestOwnDialerGetsTheName(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{names: []string{e.host.Name}})
		assert.Equal(t, []string{e.host.String()}, dialled(t, b, e.to(e.host.Name)))
	})
	t.Run("postgres, TLS at once", func(t *testing.T) {
		e := postgresEngine
		b := e.Bench(t, &front{names: []string{e.host.Name}})
		assert.Equal(t, []string{e.host.String()}, dialled(t, b, e.to(e.host.Name, "sslnegotiation=direct")))
	})
	t.Run("sqlserver, redirected", func(t *testing.T) {
		e := sqlserverEngine
		b := e.Bench(t, &front{names: []string{"*.database.windows.net"}})
		b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "worker.database.windows.net", Port: 11005, Times: 1})
		assert.Equal(t, []string{e.host.String(), "worker.database.windows.net:11005"}, dialled(t, b, e.to(e.host.Name)))
	})
}

func TestTunnel(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{names: []string{e.host.Name}})
		b.Options.TrustedHosts, b.Options.ServerName = nil, e.host.Name
		require.NoError(t, drivertest.Connect(t, b.Connector(t)))
		assert.Equal(t, e.host.Name, b.Server.Logins()[0].ServerName)
	})
}
