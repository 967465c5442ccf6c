package connector

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/credential"
)

var errRefused = errors.New("refused\n  by the server")

// server refuses logins as long as its function says so.
type server struct {
	refuse func(tok string) bool
	tokens []string
}

// connected is a connection that tells its login.
type connected struct {
	driver.Conn
	login Login
}

// connect connects with the server, whose refusals mean c.
func (s *server) connect(t *testing.T, h *Handle, c Classification) (driver.Conn, error) {
	t.Helper()
	return connect(t, h, c, func(ctx context.Context, a *Attempt) (driver.Conn, error) {
		l, err := a.Login(ctx)
		if err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, l.Password.Reveal())
		if s.refuse(l.Password.Reveal()) {
			return nil, errRefused
		}
		return connected{login: l}, nil
	})
}

// connect connects with login, whose errors mean c.
func connect(t *testing.T, h *Handle, c Classification, login func(context.Context, *Attempt) (driver.Conn, error)) (driver.Conn, error) {
	t.Helper()
	return h.Connect(t.Context(), Driver{Login: login, Classify: func(error) Classification { return c }})
}

func TestConnectRetriesAnExpiredTokenOnce(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	first, err := h.Login(t.Context())
	require.NoError(t, err)

	s := &server{refuse: func(tok string) bool { return tok == first.Password.Reveal() }}
	conn, err := s.connect(t, h, Classification{Refused: true, Expired: true})
	require.NoError(t, err)
	assert.Equal(t, "aad_myconn", conn.(connected).login.User)
	assert.Len(t, s.tokens, 2)
	assert.Equal(t, 2, a.cloud.TokenRequests())
}

func TestConnectGivesUpAfterTheSecondRefusal(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	_, err := s.connect(t, h, Classification{Refused: true, Expired: true, Hint: "check the clock", Anchor: "expired"})
	assert.Len(t, s.tokens, 2)

	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, errRefused)
	assert.Equal(t, fmt.Sprintf(`postgresql: login to %s:5432 database "mydb" as "aad_myconn" with user-assigned managed identity (client ID %s): refused by the server: check the clock; the token is %s (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#expired)`,
		testHost, a.identity.ClientID, credential.DescribeToken(s.tokens[1])), err.Error())
	assert.Equal(t, "aad_myconn", refused.User)
	for _, tok := range s.tokens {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), tok)
	}
}

func TestConnectReportsWhyThereWasNoNewToken(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	defer a.cloud.Inject(azuretest.Fault{Status: 400})()
	s := &server{refuse: func(string) bool { return true }}
	_, err = s.connect(t, h, Classification{Refused: true, Expired: true})
	require.ErrorIs(t, err, errRefused)
	require.ErrorAs(t, err, new(*passwordless.TokenError))
	assert.Len(t, s.tokens, 1)
}

// Any other refusal may be cured by a new token (roles and groups change), but
// costs the caller nothing.
func TestConnectDoesNotRetryOtherRefusals(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	for range 5 {
		_, err := s.connect(t, h, Classification{Refused: true})
		require.ErrorIs(t, err, errRefused)
	}
	assert.Len(t, s.tokens, 5)
	require.Eventually(t, func() bool { return a.cloud.TokenRequests() == 2 }, 5*time.Second, time.Millisecond,
		"one renewal in the background")
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	_, err = a.cloud.Verify(login.Password.Reveal(), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
}

func TestConnectLeavesTheTokenAloneWhenTheServerDidNotAnswer(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	for _, temporary := range []bool{true, false} {
		_, err := s.connect(t, h, Classification{Temporary: temporary})
		require.ErrorIs(t, err, errRefused)
		failed, ok := errors.AsType[interface {
			error
			Temporary() bool
		}](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, temporary, failed.Temporary())
	}
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, s.tokens[0], login.Password.Reveal())
	assert.Equal(t, 1, a.cloud.TokenRequests())
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
	assert.Equal(t, "client ID", s.Rule)
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
	defer a.cloud.Inject(azuretest.Fault{Delay: time.Hour})()
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
