package drivertest

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// OpensFromEnvironment opens a database with nothing but what App Service and
// Service Connector leave in the environment, of an application with a managed
// identity. It returns what the server saw. Variables are the engine's, for an
// identity with a client ID and a server at a port.
func (e Engine[S, O, C]) OpensFromEnvironment(t *testing.T, variables func(id azuretest.Identity, port int) map[string]string) azuretest.ServerLogin {
	t.Helper()
	cloud := azuretest.New(t, nil)
	server := e.Serve(t, cloud, nil)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "aad_orders"})
	ca := t.TempDir() + "/ca.pem"
	require.NoError(t, cloud.CA().WriteFile(ca))
	t.Setenv("PASSWORDLESS_TRUSTED_HOSTS", "127.0.0.1")
	t.Setenv("PASSWORDLESS_CA_FILE", ca)
	for name, value := range variables(id, server.Port()) {
		t.Setenv(name, value)
	}
	for _, variable := range cloud.AppServiceEnviron() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}

	db, err := sql.Open(e.DriverName, "")
	require.NoError(t, err)
	assert.Zero(t, cloud.TokenRequests(), "nothing is asked for before the first Connect")
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	assert.Equal(t, 1, cloud.TokenRequests())
	logins := server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, "orders", logins[0].Database)
	assert.True(t, logins[0].TLS)
	require.NoError(t, logins[0].Err)

	conn, err := e.Driver.Open("")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return logins[0]
}

// ReportsBadString opens a string that has a bad value, "canary", in every way that
// there is, and returns the error.
func (e Engine[S, O, C]) ReportsBadString(t *testing.T, s string) *dsn.ParseError {
	t.Helper()
	_, err := sql.Open(e.DriverName, s)
	parseError, ok := errors.AsType[*dsn.ParseError](err)
	require.True(t, ok, "%v", err)
	assert.NotContains(t, err.Error(), "canary")

	_, err = e.Driver.Open(s)
	require.Error(t, err)

	c, err := e.Driver.OpenConnector(s)
	require.Error(t, err)
	assert.True(t, c == nil, "not a nil *Connector in an interface")
	return parseError
}
