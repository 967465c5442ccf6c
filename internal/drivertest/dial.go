package drivertest

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ClosedPort returns a port of 127.0.0.1 at which no one listens.
func ClosedPort(t testing.TB) int {
	t.Helper()
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer unused.Close()
	return unused.Addr().(*net.TCPAddr).Port
}

// Dialled connects with string s, which names a host of Azure's, by a dialer of the
// caller's own that always reaches the bench's server. It returns the addresses
// that the dialer was asked for.
func (b *Bench[S, O, C]) Dialled(t *testing.T, s string) []string {
	t.Helper()
	var dialled []string
	b.Options.TrustedHosts = nil
	b.Options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return new(net.Dialer).DialContext(ctx, network, b.Server.Addr())
	}
	require.NoError(t, Connect(t, b.Open(t, s)))
	return dialled
}

// Tunnel connects with 127.0.0.1 for a server that has another name.
func (b *Bench[S, O, C]) Tunnel(t *testing.T, name string) {
	t.Helper()
	b.Options.TrustedHosts = nil
	b.Options.ServerName = name
	require.NoError(t, Connect(t, b.Connector(t)))
	assert.Equal(t, name, b.Server.Logins()[0].ServerName)
}
