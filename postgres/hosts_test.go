package postgres

import (
	"context"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestSecondHost(t *testing.T) {
	b := newBench(t, nil)
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := unused.Addr().(*net.TCPAddr).Port
	require.NoError(t, unused.Close())
	s := "host=127.0.0.1,localhost port=" + strconv.Itoa(port) + "," + strconv.Itoa(b.server.Port()) + " dbname=orders user=app"
	c, err := NewConnector(s, b.options)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, connect(t, c))
	assert.Equal(t, "localhost", b.server.Logins()[0].ServerName)
}

func TestOwnDialerGetsTheName(t *testing.T) {
	b := newBench(t, &azuretest.PostgresOptions{Names: []string{"srv.postgres.database.azure.com"}})
	var dialled []string
	b.options.TrustedHosts = nil
	b.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		var d net.Dialer
		return d.DialContext(ctx, network, b.server.Addr())
	}
	c, err := NewConnector("host=srv.postgres.database.azure.com user=app sslnegotiation=direct", b.options)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, connect(t, c))
	assert.Equal(t, []string{"srv.postgres.database.azure.com:5432"}, dialled)
}

func TestTunnel(t *testing.T) {
	b := newBench(t, &azuretest.PostgresOptions{Names: []string{"srv.postgres.database.azure.com"}})
	b.options.TrustedHosts = nil
	b.options.ServerName = "srv.postgres.database.azure.com"
	require.NoError(t, connect(t, b.connector(t, "")))
	assert.Equal(t, b.options.ServerName, b.server.Logins()[0].ServerName)
}
