package sqlserver

import (
	"errors"
	"strconv"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// withPartner returns a connector whose failover partner is at the given port.
func withPartner(t *testing.T, b *bench, port, partner int) *Connector {
	t.Helper()
	return b.Open(t, "server=127.0.0.1;port="+strconv.Itoa(port)+";database=orders;failover partner=localhost;failoverport="+strconv.Itoa(partner))
}

func TestFailoverPartner(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault azuretest.ServerFault // of the first server
		tried bool                  // the partner
	}{
		{"in service", azuretest.ServerFault{}, false},
		{"a mirror", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 4060, State: 1, Message: `Cannot open database "orders" requested by the login. The login failed.`}}, true},
		{"not available", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 40613, State: 1, Message: "Database 'orders' on server 'srv' is not currently available."}}, true},
		{"a secondary replica", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 976, State: 1, Message: "The target database, 'orders', is participating in an availability group and is currently not accessible for queries."}}, true},
		{"hangs up", azuretest.ServerFault{Kind: azuretest.CloseAfterToken}, true},
		{"refuses", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 18456, State: 1, Message: "Login failed for user '<token-identified principal>'."}}, false},
		{"firewall", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 40615, State: 1, Message: "Cannot open server 'srv' requested by the login."}}, false},
		{"unknown error", azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 50000, State: 1, Message: "oops"}}, false},
		{"is somebody else", azuretest.ServerFault{Kind: azuretest.SelfSigned}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := engine.Bench(t, nil)
			partner := engine.Serve(t, b.Cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{"localhost"}}})
			b.Server.Inject(row.fault)
			err := drivertest.Connect(t, withPartner(t, b, b.Server.Port(), partner.Port()))
			require.NoError(t, partner.Close())
			if !row.tried {
				assert.Empty(t, partner.Logins())
				assert.Equal(t, row.fault == azuretest.ServerFault{}, err == nil, "%v", err)
				return
			}
			require.NoError(t, err)
			require.Len(t, partner.Logins(), 1)
			assert.Equal(t, "localhost", partner.Logins()[0].ServerName, "the partner is verified by its own name")
			assert.Len(t, b.Issuer.Issued(), 1)
		})
	}
}

func TestUnreachableServers(t *testing.T) {
	b := engine.Bench(t, nil)
	require.NoError(t, drivertest.Connect(t, withPartner(t, b, drivertest.ClosedPort(t), b.Server.Port())))

	err := drivertest.Connect(t, withPartner(t, b, drivertest.ClosedPort(t), drivertest.ClosedPort(t)))
	login := drivertest.LoginError(t, err)
	assert.Equal(t, "no-answer", login.Anchor)
	assert.Contains(t, login.Hint, "nothing listens")
	assert.Contains(t, err.Error(), "127.0.0.1:")
	assert.Contains(t, err.Error(), "; localhost:")

	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 18456, State: 1, Message: "Login failed for user '<token-identified principal>'."}})
	err = drivertest.Connect(t, withPartner(t, b, drivertest.ClosedPort(t), b.Server.Port()))
	login = drivertest.LoginError(t, err)
	assert.Equal(t, "no-database-user", login.Anchor)
	native, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok)
	assert.Equal(t, int32(18456), native.Number)
}
