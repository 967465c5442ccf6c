package sqlserver

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

func TestRedirect(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			gateway := engine.Bench(t, nil)
			worker := engine.Serve(t, gateway.Cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{"localhost"}}})
			gateway.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: worker.Port()})
			c := gateway.Connector(t, encrypt)
			require.NoError(t, drivertest.Connect(t, c))
			require.NoError(t, drivertest.Connect(t, c))
			assert.Len(t, gateway.Issuer.Issued(), 1, "the token is requested once")
			require.Len(t, worker.Logins(), 2)
			for _, login := range worker.Logins() {
				require.NoError(t, login.Err)
				assert.Equal(t, "localhost", login.ServerName, "the worker is verified by its own name")
				assert.Equal(t, gateway.Server.Logins()[0].PasswordSHA256, login.PasswordSHA256)
			}
		})
	}
}

// The name that the connection gives is that of its own hosts: another server that
// they send the login on to is verified by its own.
func TestRedirectBeyondAFixedName(t *testing.T) {
	const name, own = "srv.database.windows.net", "w.tr1.worker.database.windows.net"
	for _, row := range []struct{ name, option, more, certificate, anchor string }{
		{"no name", "", "", own, ""},
		{"option", name, "", own, ""},
		{"wildcard", "", "hostNameInCertificate=*.database.windows.net", own, ""},
		{"option, the first server's certificate", name, "", name, "server-certificate"},
		{"wildcard, the first server's certificate", "", "hostNameInCertificate=*.database.windows.net", "*.database.windows.net", "server-certificate"},
	} {
		for _, encrypt := range []string{"encrypt=true;", "encrypt=strict;"} {
			t.Run(row.name+" "+encrypt, func(t *testing.T) {
				gateway := engine.Bench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{name, "*.database.windows.net"}}})
				worker := engine.Serve(t, gateway.Cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{row.certificate}}})
				addresses := map[string]string{name + ":1433": gateway.Server.Addr(), own + ":11005": worker.Addr()}
				gateway.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: own, Port: 11005})
				gateway.Options.TrustedHosts, gateway.Options.ServerName = nil, row.option
				gateway.Options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, addresses[address])
				}
				c, err := NewConnector("server="+name+";database=orders;"+encrypt+row.more, gateway.Options)
				require.NoError(t, err)
				defer c.Close()
				err = drivertest.Connect(t, c)
				require.NoError(t, worker.Close())
				require.Len(t, worker.Logins(), 1)
				login := worker.Logins()[0]
				assert.Equal(t, own, login.ServerName)
				if row.anchor == "" {
					require.NoError(t, err)
					assert.NotZero(t, login.PasswordLength)
					return
				}
				failed := drivertest.LoginError(t, err)
				assert.Equal(t, row.anchor, failed.Anchor)
				assert.Zero(t, login.PasswordLength)
			})
		}
	}
}

// A password goes to any server that the first one names, but not to one that
// has no name to be verified by.
func TestRedirectToNobody(t *testing.T) {
	b := engine.Bench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "s3cret"}}})
	b.Options.Credential = nil
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: `\instance`, Port: b.Server.Port()})
	dialled := 0
	b.Options.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		dialled++
		return new(net.Dialer).DialContext(ctx, network, b.Server.Addr())
	}
	require.ErrorContains(t, drivertest.Connect(t, b.Connector(t, "user id=app;password=s3cret")), "does not verify a name")
	assert.Equal(t, 1, dialled)
}

func TestRedirectWithAFixedName(t *testing.T) {
	const name = "srv.database.windows.net"
	o := &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{name}}}
	gateway := engine.Bench(t, o)
	worker := engine.Serve(t, gateway.Cloud, o)
	gateway.Options.TrustedHosts, gateway.Options.ServerName = nil, name
	gateway.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "127.0.0.1", Port: worker.Port()})
	require.NoError(t, drivertest.Connect(t, gateway.Connector(t)))
	assert.Equal(t, name, gateway.Server.Logins()[0].ServerName)
	assert.Equal(t, name, worker.Logins()[0].ServerName)
	assert.Equal(t, name, gateway.Server.Logins()[0].Parameters["server name"], "the gateway goes by the name, not by the address")
}

func TestRedirectToAnUntrustedHost(t *testing.T) {
	gateway := engine.Bench(t, nil)
	worker := engine.Serve(t, gateway.Cloud, nil)
	gateway.Options.TrustedHosts = []string{"127.0.0.1"}
	gateway.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: worker.Port()})
	err := drivertest.Connect(t, gateway.Connector(t))
	require.ErrorContains(t, err, `host "localhost" is not a known Azure SQL host`)
	setup, ok := errors.AsType[*passwordless.SetupError](err)
	require.True(t, ok)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	require.NoError(t, worker.Close())
	assert.Empty(t, worker.Logins(), "nothing is said to it")
}

func TestRedirectToAWrongCertificate(t *testing.T) {
	gateway := engine.Bench(t, nil)
	worker := engine.Serve(t, gateway.Cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{"127.0.0.1"}}})
	gateway.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: worker.Port()})
	err := drivertest.Connect(t, gateway.Connector(t))
	login := drivertest.LoginError(t, err)
	assert.Equal(t, "server-certificate", login.Anchor)
	assert.Contains(t, login.Hint, "for another name")
	require.NoError(t, worker.Close())
	assert.Zero(t, worker.Logins()[0].PasswordLength)
}

// TestRedirectsAreCounted sends the client from the server to itself.
func TestRedirectsAreCounted(t *testing.T) {
	for _, row := range []struct {
		redirects int
		works     bool
	}{{1, true}, {3, true}, {4, false}} {
		t.Run(strconv.Itoa(row.redirects), func(t *testing.T) {
			b := engine.Bench(t, nil)
			b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "127.0.0.1", Port: b.Server.Port(), Times: row.redirects})
			err := drivertest.Connect(t, b.Connector(t))
			require.NoError(t, b.Server.Close())
			assert.Len(t, b.Server.Logins(), min(row.redirects, maxRedirects)+1)
			assert.Len(t, b.Issuer.Issued(), 1)
			if row.works {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errRedirect)
			login := drivertest.LoginError(t, err)
			assert.Equal(t, "wrong-server", login.Anchor)
		})
	}
}

func TestPasswordIsNotSentOnWithoutTLS(t *testing.T) {
	o := &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "s3cret"}}}
	b := engine.Bench(t, o)
	b.Options.Credential = nil
	worker := engine.Serve(t, b.Cloud, o)
	route := azuretest.ServerFault{Kind: azuretest.Route, Host: "127.0.0.1", Port: worker.Port()}
	remove := b.Server.Inject(route)
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "user id=app;password=s3cret")))
	require.Len(t, worker.Logins(), 1)
	remove()

	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	b.Server.Inject(route)
	require.ErrorIs(t, drivertest.Connect(t, b.Connector(t, "user id=app;password=s3cret;encrypt=disable")), errPlain)
	require.NoError(t, worker.Close())
	assert.Len(t, worker.Logins(), 1)
}

func TestWildcardAsTheName(t *testing.T) {
	b := engine.Bench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{"*.database.windows.net"}}})
	b.Options.TrustedHosts = nil
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "hostNameInCertificate=*.database.windows.net")))
	assert.Equal(t, "127.0.0.1", b.Server.Logins()[0].Parameters["server name"])
}
