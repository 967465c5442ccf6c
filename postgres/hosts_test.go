package postgres

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestSecondHost(t *testing.T) {
	b := engine.Bench(t, nil)
	ports := strconv.Itoa(drivertest.ClosedPort(t)) + "," + strconv.Itoa(b.Server.Port())
	require.NoError(t, drivertest.Connect(t, b.Open(t, "host=127.0.0.1,localhost port="+ports+" dbname=orders user=app")))
	assert.Equal(t, "localhost", b.Server.Logins()[0].ServerName)
}

func TestOwnDialerGetsTheName(t *testing.T) {
	b := engine.Bench(t, &postgrestest.Options{Names: []string{"srv.postgres.database.azure.com"}})
	dialled := b.Dialled(t, "host=srv.postgres.database.azure.com user=app sslnegotiation=direct")
	assert.Equal(t, []string{"srv.postgres.database.azure.com:5432"}, dialled)
}

func TestTunnel(t *testing.T) {
	const name = "srv.postgres.database.azure.com"
	engine.Bench(t, &postgrestest.Options{Names: []string{name}}).Tunnel(t, name)
}
