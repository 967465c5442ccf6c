package sqlserver

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// principal is a bench whose connection is a service principal's, as Service
// Connector writes it for Java: without a tenant.
func principal(t *testing.T, o *sqlserverfront.Options) (b *bench, dsn string) {
	t.Helper()
	b = engine.Bench(t, o)
	app := b.Cloud.AddServicePrincipal(azuretest.Identity{Name: "app", Secret: "an ordinary c4nary"})
	b.Options.Credential = nil
	b.Options.AuthorityHost, b.Options.Transport = b.Cloud.AuthorityHost(), b.Cloud.Transport()
	return b, "jdbc:sqlserver://127.0.0.1:" + strconv.Itoa(b.Server.Port()) + ";databaseName=orders;user=" + app.ClientID +
		";password={" + app.Secret + "};authentication=ActiveDirectoryServicePrincipal;"
}

func TestTenantFromTheServer(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true;", "encrypt=strict;"} {
		t.Run(encrypt, func(t *testing.T) {
			b, s := principal(t, nil)
			c, err := NewConnector(s+encrypt, b.Options)
			require.NoError(t, err)
			defer c.Close()
			errs := make(chan error)
			for range 10 {
				go func() { errs <- drivertest.Connect(t, c) }()
			}
			for range 10 {
				require.NoError(t, <-errs)
			}
			require.NoError(t, drivertest.Connect(t, c))
			require.NoError(t, b.Server.Close())
			assert.Equal(t, 1, b.Cloud.TokenRequests())
			assert.Empty(t, b.Server.Plaintext())
			for _, login := range b.Server.Logins() {
				require.NoError(t, login.Err)
				assert.NotZero(t, login.PasswordLength)
			}
		})
	}
}

func TestTenantFromARedirectingServer(t *testing.T) {
	b, s := principal(t, nil)
	worker := engine.Serve(t, b.Cloud, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "127.0.0.1", Port: worker.Port()})
	c, err := NewConnector(s, b.Options)
	require.NoError(t, err)
	defer c.Close()
	conn, err := c.Connect(t.Context())
	require.NoError(t, err)
	assert.False(t, conn.(*Conn).retires.IsZero())
	require.NoError(t, conn.Close())
	require.NoError(t, drivertest.Connect(t, c))
	assert.Len(t, worker.Logins(), 2)
	assert.Equal(t, 1, b.Cloud.TokenRequests())
}

func TestTenantFromAWrongServer(t *testing.T) {
	for name, row := range map[string]struct {
		url, anchor string
		fault       azuretest.ServerFault
	}{
		"another authority": {"https://login.evil.example.com/" + "6f9619ff-8b86-d011-b42d-00c04fc964ff", "service-principal-tenant", azuretest.ServerFault{}},
		"no URL":            {"nonsense", "service-principal-tenant", azuretest.ServerFault{}},
		"impostor":          {"", "server-certificate", azuretest.ServerFault{Kind: azuretest.SelfSigned}},
		"impostor in clear": {"", "server-without-tls", azuretest.ServerFault{Kind: azuretest.Plaintext}},
	} {
		t.Run(name, func(t *testing.T) {
			b, s := principal(t, &sqlserverfront.Options{STSURL: row.url})
			b.Server.Inject(row.fault)
			c, err := NewConnector(s, b.Options)
			require.NoError(t, err)
			defer c.Close()
			err = drivertest.Connect(t, c)
			require.Error(t, err)
			assert.Contains(t, err.Error(), "#"+row.anchor)
			assert.NotContains(t, err.Error(), "c4nary")
			require.NoError(t, b.Server.Close())
			assert.Zero(t, b.Cloud.TokenRequests())
			for _, login := range b.Server.Logins() {
				assert.Zero(t, login.PasswordLength)
			}
		})
	}
}

// The token's request is not part of the time that a login has.
func TestTokenOfTenantTakesItsTime(t *testing.T) {
	b, s := principal(t, nil)
	b.Cloud.Inject(azuretest.Fault{Endpoint: azuretest.Authority, Status: 401})
	c, err := NewConnector(s, b.Options)
	require.NoError(t, err)
	defer c.Close()
	err = drivertest.Connect(t, c)
	failed, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, err, error(failed), "as it is")

	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := &serverLogin{limit: time.AfterFunc(sqlopen.LoginTimeout, cancel)}
		time.Sleep(sqlopen.LoginTimeout - time.Second)
		l.pause()
		time.Sleep(10 * sqlopen.LoginTimeout)
		require.NoError(t, ctx.Err())
		l.resume()
		time.Sleep(sqlopen.LoginTimeout - time.Second)
		require.NoError(t, ctx.Err())
		time.Sleep(2 * time.Second)
		require.ErrorIs(t, ctx.Err(), context.Canceled)

		unlimited := new(serverLogin) // the caller's deadline counts
		unlimited.pause()
		unlimited.resume()
	})
}
