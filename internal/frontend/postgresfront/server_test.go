package postgresfront_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

func TestLogsInWithToken(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t)
	config.RequireAuth = "password"
	config.RuntimeParams["application_name"] = "bench"
	conn := connect(t, config)
	require.NoError(t, conn.Ping(t.Context()))
	assert.Equal(t, b.ID.Name, conn.PgConn().ParameterStatus("session_authorization"))

	login := frontendtest.AssertTokenLogin(t, b.Server, b.ID.Name, b.Token)
	assert.Equal(t, map[string]string{"application_name": "bench"}, login.Parameters)
	assert.Equal(t, uint16(tls.VersionTLS13), login.TLS)
}

func TestAddress(t *testing.T) {
	b := newBench(t, nil)
	assert.Equal(t, "127.0.0.1", b.Server.Host())
	assert.Equal(t, net.JoinHostPort(b.Server.Host(), strconv.Itoa(b.Server.Port())), b.Server.Addr())

	silent, err := postgresfront.NewPipe(b.Cloud.CA(), &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"a": "b"}}})
	require.NoError(t, err)
	assert.Empty(t, silent.Addr())
	assert.Empty(t, silent.Host())
	assert.Zero(t, silent.Port())
	assert.NoError(t, silent.Close())
}

func TestDirectTLS(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t)
	config.SSLNegotiation = "direct"
	config.TLSConfig.NextProtos = []string{"postgresql"}
	require.NoError(t, connect(t, config).Ping(t.Context()))

	config.TLSConfig = config.TLSConfig.Clone()
	config.TLSConfig.NextProtos = nil
	assert.Contains(t, refused(t, config).Message, "without ALPN")
}

func TestRefusals(t *testing.T) {
	b := newBench(t, &postgresfront.Options{ServerOptions: frontendtest.Accounts("orders-app")})
	for _, c := range []struct {
		name, user, password    string
		sqlstate, message, hint string
	}{
		{name: "expired", user: b.ID.Name, password: b.Mint(frontendtest.Living(b.ID, -time.Hour)),
			sqlstate: "28000", message: "The access token has expired. Acquire a new token and try again."},
		{name: "audience", user: b.ID.Name, password: b.Cloud.Mint(b.ID, azuretest.SQLAudience),
			sqlstate: "28000", message: `The access token does not have a valid audience claim. Please acquire a new token for the resource "https://ossrdbms-aad.database.windows.net".`},
		{name: "signature", user: b.ID.Name, password: frontendtest.Forged(b.Token),
			sqlstate: "28000", message: "An error occurred while validating the access token. Please acquire a new token and retry"},
		{name: "not yet valid", user: b.ID.Name, password: b.Mint(frontendtest.NotYetValid(b.ID)),
			sqlstate: "28000", message: "An error occurred while validating the access token. Please acquire a new token and retry"},
		{name: "format", user: b.ID.Name, password: "{eyJ0eXAi}",
			sqlstate: "28000", message: "The access token has invalid format. Please ensure the token is passed exactly as returned by the authentication endpoint and retry."},
		{name: "another's role", user: "billing-app", password: b.Token,
			sqlstate: "28000", message: "Azure AD access token not valid for role billing-app", hint: "Did you specify the correct user name and access token?"},
		{name: "unknown role", user: "ghost", password: b.Token,
			sqlstate: "28P01", message: `password authentication failed for user "ghost"`},
		{name: "empty", user: b.ID.Name,
			sqlstate: "28P01", message: "empty password returned by client"},
		{name: "token for a password role", user: "admin", password: b.Token,
			sqlstate: "28P01", message: `password authentication failed for user "admin"`},
		{name: "no user", user: "", password: b.Token,
			sqlstate: "28000", message: "no PostgreSQL user name specified in startup packet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := b.config(t)
			config.User, config.Password = c.user, c.password
			refusal := refused(t, config)
			assert.Equal(t, "FATAL", refusal.Severity)
			assert.Equal(t, c.sqlstate, refusal.Code)
			assert.Equal(t, c.message, refusal.Message)
			assert.Equal(t, c.hint, refusal.Hint)

			logins := b.Server.Logins()
			var listed *pgconn.PgError
			require.ErrorAs(t, logins[len(logins)-1].Err, &listed)
			assert.Equal(t, c.message, listed.Message)
		})
	}
	config := b.config(t)
	config.User, config.Password = "admin", "correct"
	require.NoError(t, connect(t, config).Ping(t.Context()))
}

func TestVerify(t *testing.T) {
	cause := errors.New("the vault is closed")
	b := newBench(t, &postgresfront.Options{Verify: func(user, password string) error {
		switch user {
		case "own":
			return &pgconn.PgError{Severity: "FATAL", Code: "53300", Message: "too many connections"}
		case "other":
			return cause
		}
		return nil
	}})
	config := b.config(t)
	config.User, config.Password = "own", "s3cr3t-canary"
	assert.Equal(t, "53300", refused(t, config).Code)

	config.User = "other"
	refusal := refused(t, config)
	assert.Equal(t, "28P01", refusal.Code)
	assert.NotContains(t, refusal.Message, "vault")
	assert.ErrorIs(t, b.Server.Logins()[1].Err, cause)

	config.User = "anyone"
	require.NoError(t, connect(t, config).Ping(t.Context()))
}

func TestLongTokens(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t)
	config.Password = b.Cloud.Mint(frontendtest.Padded(b.ID, 64<<10), azuretest.OSSRDBMSAudience)
	require.NoError(t, connect(t, config).Ping(t.Context()))
	assert.GreaterOrEqual(t, b.Server.Logins()[0].PasswordLength, 64<<10)

	config.Password = strings.Repeat("x", 200<<10)
	_, err := pgx.ConnectConfig(t.Context(), config)
	require.Error(t, err)
	require.NoError(t, b.Server.Close())
	assert.ErrorContains(t, b.Server.Logins()[1].Err, "did not answer")
}

func TestOptionErrors(t *testing.T) {
	accept := func(string, string) error { return nil }
	frontendtest.AssertOptionErrors(t, postgresfront.NewPipe, map[string][]*postgresfront.Options{
		"Verify or Passwords must be set":               {nil},
		"Backend, Query and Handler exclude each other": {{Verify: accept, ServerOptions: azuretest.ServerOptions{Backend: "host=db"}, Handler: echo}},
		"cannot parse `Backend`":                        {{Verify: accept, ServerOptions: azuretest.ServerOptions{Backend: "port=s3cr3t-canary"}}},
		"at least one name":                             {{Verify: accept, ServerOptions: azuretest.ServerOptions{Names: []string{}}}},
	})
}

func TestEnviron(t *testing.T) {
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	defer cloud.Close()
	server := frontend.Must(t, postgresfront.Start, cloud, nil)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	environ := map[string]string{}
	for _, variable := range server.Environ(app) {
		name, value, _ := strings.Cut(variable, "=")
		environ[name] = value
	}
	assert.Equal(t, fmt.Sprintf("host=127.0.0.1 port=%d dbname=app user=app sslmode=require", server.Port()), environ["AZURE_POSTGRESQL_CONNECTIONSTRING"])
	assert.Equal(t, app.ClientID, environ["AZURE_POSTGRESQL_CLIENTID"])
	assert.Equal(t, "127.0.0.1", environ["PASSWORDLESS_TRUSTED_HOSTS"])
	assert.Subset(t, server.Environ(app), cloud.AppServiceEnviron())
	pem, err := os.ReadFile(environ["PASSWORDLESS_CA_FILE"])
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, cloud.CA().WriteFile(file))
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, pem)

	system := cloud.AddSystemAssigned(azuretest.Identity{Name: "host"})
	assert.NotContains(t, strings.Join(server.Environ(system), "\n"), "CLIENTID", "it is the one without a name")

	require.NoError(t, cloud.Close())
	assert.NoFileExists(t, environ["PASSWORDLESS_CA_FILE"])

	pipe, err := postgresfront.NewPipe(cloud.CA(), &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"a": "b"}}})
	require.NoError(t, err)
	assert.Panics(t, func() { pipe.Environ(app) })
}
