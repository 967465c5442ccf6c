package drivertest_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// With nothing but what App Service and Service Connector leave in the environment
// of an application with a managed identity.
func TestOpenFromEnvironment(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		cloud := azuretest.New(t)
		server := e.Serve(t, cloud, &front{})
		id := cloud.AddUserAssigned(azuretest.Identity{Name: "aad_orders"})
		ca := t.TempDir() + "/ca.pem"
		require.NoError(t, cloud.CA().WriteFile(ca))
		t.Setenv("PASSWORDLESS_TRUSTED_HOSTS", "127.0.0.1")
		t.Setenv("PASSWORDLESS_CA_FILE", ca)
		for name, value := range e.variables(id, strconv.Itoa(server.Port())) {
			t.Setenv(name, value)
		}
		for _, variable := range cloud.AppServiceEnviron() {
			name, value, _ := strings.Cut(variable, "=")
			t.Setenv(name, value)
		}

		db, err := sql.Open(e.driverName, "")
		require.NoError(t, err)
		assert.Zero(t, cloud.TokenRequests(), "nothing is asked for before the first Connect")
		require.NoError(t, db.PingContext(t.Context()))
		require.NoError(t, db.Close())
		assert.Equal(t, 1, cloud.TokenRequests())
		logins := server.Logins()
		require.Len(t, logins, 1)
		assert.Equal(t, "orders", logins[0].Database)
		assert.NotZero(t, logins[0].TLS)
		require.NoError(t, logins[0].Err)
		e.seen(t, logins[0])

		conn, err := e.driver.Open("")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
}

// Wrappers such as otelsql open "" to find the driver.
func TestOpenWithoutSettings(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		for _, variable := range os.Environ() {
			if name, _, _ := strings.Cut(variable, "="); strings.Contains(name, "SQL") || strings.Contains(name, "SPRING") {
				t.Setenv(name, "")
				require.NoError(t, os.Unsetenv(name))
			}
		}
		db, err := sql.Open(e.driverName, "")
		require.NoError(t, err)
		defer db.Close()
		assert.Equal(t, e.driver, db.Driver())
		err = db.PingContext(t.Context())
		setup, ok := errors.AsType[*passwordless.SetupError](err)
		require.True(t, ok, "%v", err)
		assert.ErrorContains(t, err, "no connection settings: set ")
		assert.Equal(t, "no-connection-settings", setup.Anchor)
		_, err = e.driver.Open("")
		require.Equal(t, setup, err)

		for _, s := range []string{" ", "env:DOES_NOT_EXIST", "connection:none"} {
			_, err = sql.Open(e.driverName, s)
			require.Error(t, err, s)
		}
		variables := e.variables(azuretest.Identity{}, "port")
		for name, value := range variables {
			t.Setenv(name, value)
		}
		_, err = sql.Open(e.driverName, "")
		require.Error(t, err, "settings that are wrong")
	})
}

func TestOpenReportsBadStrings(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		_, err := sql.Open(e.driverName, e.badPort)
		parseError, ok := errors.AsType[*dsn.ParseError](err)
		require.True(t, ok, "%v", err)
		assert.NotContains(t, err.Error(), "canary")
		assert.Equal(t, "port", parseError.Key)

		_, err = e.driver.Open(e.badPort)
		require.Error(t, err)
		c, err := e.driver.OpenConnector(e.badPort)
		require.Error(t, err)
		assert.True(t, c == nil, "not a nil *Connector in an interface")

		b := e.Bench(t, &front{})
		want := "passwordless: " + e.badParameter + ": " + e.native + " does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"
		_, err = e.connector(b.DSN(e.badParameter+"=canary"), b.Options)
		require.EqualError(t, err, want)
		_, err = e.openDB(b.DSN(e.badParameter+"=canary"), b.Options)
		require.EqualError(t, err, want)
	})
}

func TestOneTokenForManyConnections(t *testing.T) {
	onEachMode(t, func(t *testing.T, e *engine, mode string) {
		b := e.Bench(t, &front{})
		c := b.Connector(t, mode)
		errs := make(chan error)
		for range 50 {
			go func() { errs <- drivertest.Connect(t, c) }()
		}
		for range 50 {
			require.NoError(t, <-errs)
		}
		require.Len(t, b.Issuer.Issued(), 1)
		require.NoError(t, b.Server.Close())
		require.Len(t, b.Server.Logins(), 50)
		assert.Len(t, b.Issuer.Issued()[0], b.Server.Logins()[0].PasswordLength)
		assert.Empty(t, b.Server.Plaintext())
	})
}

// A server says that the token has expired once, and another time always.
func TestExpiredTokenIsRetriedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		c := b.Connector(t)
		require.NoError(t, drivertest.Connect(t, c))
		b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
		require.NoError(t, drivertest.Connect(t, c))
		assert.Len(t, b.Issuer.Issued(), 2)

		b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken})
		assert.Equal(t, "token-expired", drivertest.LoginError(t, drivertest.Connect(t, c)).Anchor)
		assert.Len(t, b.Issuer.Issued(), 3)
		assert.Len(t, b.Server.Logins(), 5)
	})
}

func TestOtherRefusalsAreNotRetried(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		b.Server.Inject(refuse(e.refusal("Login failed for user")))
		err := drivertest.Connect(t, b.Connector(t))
		login := drivertest.LoginError(t, err)
		assert.Equal(t, e.kind, login.Engine)
		assert.Equal(t, b.Server.Addr(), login.Host)
		assert.Equal(t, "orders", login.Database)
		assert.Equal(t, e.user, login.User)
		assert.NotEmpty(t, login.Identity)
		assert.NotEmpty(t, login.Claims)
		assert.Equal(t, "no-database-user", login.Anchor)
		assert.Len(t, b.Server.Logins(), 1)
		e.refused(t, err)
	})
}

// noToken is a credential that fails.
type noToken struct{ error }

func (n noToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, n.error
}

func TestNoLoginWithoutAToken(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		cause := errors.New("no token today")
		b.Options.Credential = noToken{cause}
		err := drivertest.Connect(t, b.Connector(t))
		_, ok := errors.AsType[*passwordless.TokenError](err)
		require.True(t, ok, "%v", err)
		require.ErrorIs(t, err, cause)
		assert.Empty(t, b.Server.Logins())
	})
}

func TestContextEndsTheLogin(t *testing.T) {
	onEachMode(t, func(t *testing.T, e *engine, mode string) {
		b := e.Bench(t, &front{})
		c := b.Connector(t, mode)
		require.NoError(t, drivertest.Connect(t, c)) // so that there is a token
		b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := c.Connect(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, "no-answer", drivertest.LoginError(t, err).Anchor)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err = c.Connect(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestCloseIsIdempotent(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		c := b.Connector(t)
		require.NoError(t, drivertest.Connect(t, c))
		require.NoError(t, c.Close())
		require.NoError(t, c.Close())
		require.NoError(t, drivertest.Connect(t, c))
		assert.Equal(t, e.driver, c.Driver())

		// Two databases on one connector: closing the first leaves the second working.
		first, second := sql.OpenDB(c), sql.OpenDB(c)
		require.NoError(t, first.PingContext(t.Context()))
		require.NoError(t, first.Close())
		require.NoError(t, second.PingContext(t.Context()))
		require.NoError(t, second.Close())
		assert.Equal(t, "orders", c.Status().Database)
	})
}

func TestNoTokenWithoutVerifiedTLS(t *testing.T) {
	for _, row := range []struct {
		name, anchor, hint string
		fault              azuretest.ServerFaultKind
	}{
		{"no TLS", "server-without-tls", "TLS", azuretest.NoTLS},
		{"impostor in clear text", "server-without-tls", "", azuretest.Plaintext},
		{"self-signed", "server-certificate", "signed by no one trusted", azuretest.SelfSigned},
		{"another name", "server-certificate", "for another name", azuretest.WrongName},
		{"expired", "server-certificate", "not valid now", azuretest.ExpiredCertificate},
	} {
		t.Run(row.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e *engine) {
				b := e.Bench(t, &front{})
				b.Server.Inject(azuretest.ServerFault{Kind: row.fault})
				for _, s := range e.tls(b) {
					login := drivertest.LoginError(t, drivertest.Connect(t, b.Open(t, s)))
					assert.Equal(t, row.anchor, login.Anchor, "%s: %v", s, login)
					assert.Contains(t, login.Hint, row.hint, s)
				}
				require.NoError(t, b.Server.Close())
				assert.Empty(t, b.Server.Plaintext())
				for _, l := range b.Server.Logins() {
					assert.Zero(t, l.PasswordLength)
					assert.Error(t, l.Err)
				}
			})
		})
	}
}

// Nothing is said to the server either.
func TestRefusedBeforeAToken(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		refused := func(s, anchor string) {
			_, err := e.connector(s, b.Options)
			setup, ok := errors.AsType[*passwordless.SetupError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, anchor, setup.Anchor, s)
			assert.Empty(t, b.Issuer.Issued())
			assert.Empty(t, b.Server.Logins())
		}
		for _, settings := range e.plain {
			refused(b.DSN(settings), "tls-disabled")
		}
		b.Options.TrustedHosts = []string{"127.0.0.1"}
		second := dsn.Host{Name: "elsewhere.example.com", Port: e.host.Port}
		refused(e.hosts(dsn.Host{Name: "127.0.0.1", Port: uint16(b.Server.Port())}, second, ""), "untrusted-host")
		b.Options.TrustedHosts = []string{"elsewhere.example.com"}
		refused(b.DSN(), "untrusted-host")
	})
}
