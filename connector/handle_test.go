package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/identity"
)

const testHost = "myserver.postgres.database.azure.com"

// webApp is an app on App Service with a user-assigned identity and the
// variables of Service Connector's client type go.
type webApp struct {
	cloud    *azuretest.Cloud
	identity azuretest.Identity
	environ  []string
}

func newWebApp(t *testing.T, id azuretest.Identity) *webApp {
	t.Helper()
	cloud := azuretest.New(t, nil)
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	id = cloud.AddUserAssigned(id)
	return &webApp{cloud, id, []string{
		"AZURE_POSTGRESQL_CLIENTID=" + id.ClientID,
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb sslmode=require user=aad_myconn",
	}}
}

// open opens the default connection and closes it with the test.
func (a *webApp) open(t *testing.T, more ...func(*passwordless.Options)) *Handle {
	t.Helper()
	o := &passwordless.Options{Environ: func() []string { return a.environ }}
	for _, change := range more {
		change(o)
	}
	h, err := Open(dsn.PostgreSQL, "", o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

func TestLoginHasTheConnectionsUserAndAToken(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	assert.Zero(t, a.cloud.TokenRequests(), "Open makes no request")

	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "aad_myconn", login.User)
	assert.True(t, login.IsToken)
	claims, err := a.cloud.Verify(login.Password.Reveal(), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
	assert.Equal(t, a.identity.ClientID, claims.ClientID)

	s := h.Status()
	assert.Equal(t, []dsn.Host{{Name: testHost, Port: 5432}}, s.Hosts)
	assert.Equal(t, "mydb", s.Database)
	assert.Equal(t, "aad_myconn", s.User)
	assert.Equal(t, passwordless.UserAssigned, s.Kind)
	assert.Equal(t, identity.RuleID, s.Rule)
	assert.Equal(t, "https://ossrdbms-aad.database.windows.net/.default", s.Scope)
	assert.Contains(t, s.TLS, "verified in full")
	assert.True(t, s.Token.Valid)
	assert.WithinDuration(t, claims.Expires, s.Token.ExpiresOn, time.Second)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"Engine":"postgresql"`)
	assert.Contains(t, string(text), `"Kind":"user-assigned managed identity"`)
}

func TestALoginWithTheTokenHeldAllocatesNothing(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "orders-identity"})
	a.environ[1] = "AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb" // the token names the user
	h := a.open(t)
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, err = h.Login(t.Context()) }))
	require.NoError(t, err)
}

func TestHandlesOfOneIdentityShareOneRequest(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	handles := make([]*Handle, 20)
	for i := range handles {
		handles[i] = a.open(t)
	}
	var logins sync.WaitGroup
	for i := range 500 {
		logins.Go(func() {
			_, err := handles[i%len(handles)].Login(t.Context())
			assert.NoError(t, err)
		})
	}
	logins.Wait()
	assert.Equal(t, 1, a.cloud.TokenRequests())
}

func TestTheIdentitysFailureIsATokenError(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	a.environ[0] = "AZURE_POSTGRESQL_CLIENTID=00000000-0000-4000-8000-000000000001"
	h := a.open(t)
	_, err := h.Login(t.Context())
	tokenErr, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, testHost+":5432", tokenErr.Host)
	assert.Equal(t, "mydb", tokenErr.Database)
	assert.Equal(t, "aad_myconn", tokenErr.User)
	assert.Contains(t, err.Error(), testHost+`:5432 database "mydb" with `)
	assert.Contains(t, tokenErr.Identity, "00000000-0000-4000-8000-000000000001")
	assert.Equal(t, "identity-not-found", tokenErr.Anchor)
	assert.Contains(t, err.Error(), tokenErr.Hint)
	assert.Equal(t, 1, strings.Count(err.Error(), tokenErr.Identity), "%v", err)
	assert.NotContains(t, err.Error(), "\n")
	assert.Error(t, h.Status().Token.LastError)
}

func TestACallerLeavesWithItsContext(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	defer a.cloud.Inject(azuretest.Fault{Hang: true})()
	h := a.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.Login(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var tokenErr *passwordless.TokenError
	require.ErrorAs(t, err, &tokenErr)
}

func TestOptionsUserReplacesTheConnections(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t, func(o *passwordless.Options) { o.User = "other" })
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "other", login.User)
}

func TestAMissingUserComesFromTheToken(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "orders-identity"})
	a.environ[1] = "AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb"
	h := a.open(t)
	assert.Empty(t, h.Status().User)
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	name := a.identity.ResourceID[strings.LastIndexByte(a.identity.ResourceID, '/')+1:]
	assert.Equal(t, name, login.User)
	assert.Equal(t, name, h.Status().User)
}

func TestAUserThatIsNotNamedIsATokenError(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{})
	nameless := &constant{token: azcore.AccessToken{Token: "opaque", ExpiresOn: time.Now().Add(time.Hour)}}
	a.environ[1] = "AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb"
	h := a.open(t, func(o *passwordless.Options) { o.Credential = nameless })
	_, err := h.Login(t.Context())
	tokenErr, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "missing-user", tokenErr.Anchor)
	assert.Empty(t, tokenErr.User)
	assert.EqualError(t, err, "postgresql: login to "+testHost+`:5432 database "mydb" with credential from Options: `+
		"the connection names no database user, and neither does the token: set user= in the connection string, or Options.User (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#missing-user)")
}

func TestPasswordLoginsNeedNoToken(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{})
	a.environ = append(a.environ, "AZURE_AUTHORITY_HOST=not a URL") // concerns tokens only
	h, err := Open(dsn.PostgreSQL, "host=db.example.com user=me password=c4nary", &passwordless.Options{Environ: func() []string { return a.environ }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, h.Close()) }()
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Login{User: "me", Password: dsn.NewSecret("c4nary")}, login)
	assert.Zero(t, a.cloud.TokenRequests())
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v", login, h.Config(), h.Status()), fmt.Sprintf("%+v %#v", h, h)} {
		assert.NotContains(t, printed, "c4nary")
	}
}

func TestUntrustedHostsAreRefusedAtOpen(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{})
	for name, s := range map[string]string{
		"one host":       "host=db.example.com user=me",
		"second of two":  "host=" + testHost + ",db.example.com user=me",
		"verified name":  "jdbc:postgresql://" + testHost + "/mydb?user=me&hostNameInCertificate=db.example.com",
		"suffix as name": "host=postgres.database.azure.com user=me",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(dsn.PostgreSQL, s, &passwordless.Options{Environ: func() []string { return nil }})
			setup, ok := errors.AsType[*passwordless.SetupError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "untrusted-host", setup.Anchor)
		})
	}
	assert.Zero(t, a.cloud.TokenRequests())
}

func TestTLSConfigChecksTheHostAgain(t *testing.T) {
	h := newWebApp(t, azuretest.Identity{}).open(t)
	c, err := h.TLSConfig(testHost)
	require.NoError(t, err)
	assert.Equal(t, testHost, c.ServerName)
	assert.False(t, c.InsecureSkipVerify)
	assert.Nil(t, c.VerifyPeerCertificate)
	assert.Nil(t, c.VerifyConnection)
	_, err = h.TLSConfig("db.example.com")
	require.ErrorAs(t, err, new(*passwordless.SetupError))
}

func TestLoginWorksAfterClose(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Empty(t, passwordless.Statuses())
}
