package e2e_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/postgres"
)

// badTokens are signed by the cloud, but for one, and refused by servers, which want the audience given.
var badTokens = []struct {
	name  string
	mint  func(s *stage, id azuretest.Identity, audience string) string
	cause string // what is wrong with the token, as far as the token itself tells
	azure string // what Azure's server for PostgreSQL says
	hint  string // what to do about it there
}{
	{"expired",
		func(s *stage, id azuretest.Identity, audience string) string {
			return s.Mint(frontendtest.Living(id, -time.Minute), audience)
		},
		", expired at ", "The access token has expired", "check the clocks"},
	{"for a resource that nobody knows",
		func(s *stage, id azuretest.Identity, _ string) string {
			return s.Mint(id, "api://contoso")
		},
		"the token is for api://contoso, ", "does not have a valid audience claim", "Options.Scope"},
	{"foreign signature",
		func(s *stage, id azuretest.Identity, audience string) string {
			return frontendtest.Forged(s.Mint(id, audience))
		},
		", of object ID ", "An error occurred while validating the access token", "tenant"},
	{"another's, who has no user",
		func(s *stage, _ azuretest.Identity, audience string) string {
			return s.Mint(s.AddUserAssigned(azuretest.Identity{}), audience)
		},
		", of object ID ", "Azure AD access token not valid for role", "user name"},
	{"not a token",
		func(*stage, azuretest.Identity, string) string { return "hunter2-hunter2-hunter2-hunter2" },
		"the token is not a JSON Web Token", "The access token has invalid format", "Options.Credential"},
}

func TestPostgresRefusesBadTokens(t *testing.T) {
	s := onStage(t)
	for _, bad := range badTokens {
		t.Run(bad.name, func(t *testing.T) {
			id := s.userAssigned(t)
			credential := &minted{tokens: []string{bad.mint(s, id, azuretest.OSSRDBMSAudience)}}
			o := s.options()
			o.Credential = credential

			refused := requireRefused(t, openDB(t, s.libpq(id.Name), o).PingContext(limited(t)), credential.tokens[0])
			requireNames(t, refused, s.server.Addr(), s.server.Database, id.Name)
			requireState(t, refused, "28000", "LDAP authentication failed")
			assert.Contains(t, refused.Error(), bad.cause)
			assert.Equal(t, "token-not-accepted", refused.Anchor)
			assert.Contains(t, refused.Hint, "another tenant or cloud has signed it", "where nothing else is wrong")
			requirePoolRefusedLike(t, refused, s.libpq(id.Name), o)
			requireNoPart(t, s.server.Log(), credential.tokens[0])
		})
	}
}

func TestAzuresOwnTextsAreExplained(t *testing.T) {
	s := onStage(t)
	for _, bad := range badTokens {
		t.Run(bad.name, func(t *testing.T) {
			id := s.userAssigned(t)
			front := s.frontEnd(t, id.Name)
			credential := &minted{tokens: []string{bad.mint(s, id, azuretest.OSSRDBMSAudience)}}
			o := s.options()
			o.Credential = credential

			refused := requireRefused(t, openDB(t, s.libpqTo(front, id.Name), o).PingContext(limited(t)), credential.tokens[0])
			requireNames(t, refused, front.Addr(), s.server.Database, id.Name)
			requireState(t, refused, "28000", bad.azure)
			assert.Contains(t, refused.Hint, bad.hint)
			require.Len(t, front.Logins(), 1, "the same token is not sent again")
			requirePoolRefusedLike(t, refused, s.libpqTo(front, id.Name), o)
		})
	}
}

// What is plainly no token for this server is not even sent.
func TestLibraryRefusesUselessTokens(t *testing.T) {
	s := onStage(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	for _, c := range []struct {
		name    string
		token   string
		expires time.Time
		says    []string
	}{
		{name: "empty", says: []string{"holds no token", "check Options.Credential"}},
		{name: "for SQL Server", token: s.Mint(id, azuretest.SQLAudience),
			says: []string{"the token is for https://database.windows.net", "needs one for https://ossrdbms-aad.database.windows.net"}},
		{name: "for Azure Resource Manager", token: s.Mint(id, "https://management.azure.com/"),
			says: []string{"the token is for https://management.azure.com", "needs one for https://ossrdbms-aad.database.windows.net"}},
		{name: "expired on arrival", token: s.Mint(frontendtest.Living(id, -time.Minute), azuretest.OSSRDBMSAudience), expires: time.Now().Add(-time.Minute),
			says: []string{"expired at", "clock"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := s.options()
			o.Credential = &minted{tokens: []string{c.token}, expires: c.expires}
			db, pool := openDB(t, s.libpqTo(front, id.Name), o), openPool(t, s.libpqTo(front, id.Name), o)
			for _, err := range []error{db.PingContext(limited(t)), pool.Ping(limited(t)), postgres.Explain(pool.Ping(limited(t)))} {
				refused, ok := errors.AsType[*passwordless.TokenError](err)
				require.True(t, ok, "%T: %v", err, err)
				assert.NotContains(t, err.Error(), "\n")
				assert.Contains(t, err.Error(), front.Addr())
				assert.Equal(t, "credential from Options", refused.Identity)
				for _, say := range c.says {
					assert.Contains(t, err.Error(), say)
				}
				if c.token != "" {
					requireNoPart(t, everyText(err), c.token)
				}
			}
		})
	}
	require.Empty(t, front.Logins())
}

func TestWrongNamesAreExplained(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	stranger := s.AddUserAssigned(azuretest.Identity{}) // without a role
	require.NoError(t, s.server.CreatePasswordUser(limited(t), "pw-"+id.Name, "pencil"))
	for _, c := range []struct {
		name, text, state, hint string
	}{
		{"no such role", s.libpq(stranger.Name) + " client_id=" + stranger.ClientID, "", "not a Microsoft Entra role"},
		{"role with a password", s.libpq("pw-"+id.Name) + " client_id=" + id.ClientID, "", "not a Microsoft Entra role"},
		{"name in other case", s.libpq("App"+id.Name[3:]) + " client_id=" + id.ClientID, "", "not a Microsoft Entra role"},
		{"no such database", libpqAt(s.server.Addr(), "nowhere", id.Name) + " client_id=" + id.ClientID, "3D000", "no such database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := openDB(t, c.text, s.options()).PingContext(limited(t))
			refused, ok := errors.AsType[*passwordless.LoginError](err)
			require.True(t, ok, "%T: %v", err, err)
			assert.NotContains(t, err.Error(), "\n")
			assert.Contains(t, refused.Hint, c.hint)
			assert.NotEmpty(t, refused.Anchor)
			if c.state != "" {
				requireState(t, refused, c.state, "does not exist")
			}
			requirePoolRefusedLike(t, refused, c.text, s.options())
		})
	}
}

// Azure's server says no more of a role that it does not have than PostgreSQL of a wrong password.
func TestUnknownRoleIsExplainedInAzure(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front, err := postgresfront.Start(s.Cloud, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Users: []string{"somebody"}}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, front.Close()) })
	text := s.libpqTo(front, id.Name) + " client_id=" + id.ClientID

	err = openDB(t, text, s.options()).PingContext(limited(t))
	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	requireState(t, refused, "28P01", "password authentication failed")
	assert.Contains(t, refused.Hint, "no Microsoft Entra role has this name")
	assert.Contains(t, refused.Identity, id.ClientID)
	requirePoolRefusedLike(t, refused, text, s.options())
}

// requireRefused asserts that a login failed in the way that is promised: one line, with the driver's own error
// in it, what to do, and nothing of the token.
func requireRefused(t *testing.T, err error, token string) *passwordless.LoginError {
	t.Helper()
	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	text := refused.Error()
	assert.NotContains(t, text, "\n")
	assert.Contains(t, text, refused.Hint)
	assert.Contains(t, text, "TROUBLESHOOTING.md#"+refused.Anchor)
	assert.NotEmpty(t, refused.Hint, text)
	assert.NotEmpty(t, refused.Anchor, text)
	requireNoPart(t, everyText(err), token)
	return refused
}

// requireNames asserts that the error tells which login it was.
func requireNames(t *testing.T, refused *passwordless.LoginError, address, database, user string) {
	t.Helper()
	assert.Equal(t, []string{address, database, user, "credential from Options"},
		[]string{refused.Host, refused.Database, refused.User, refused.Identity})
	for _, part := range []string{address, database, user, "credential from Options"} {
		assert.Contains(t, refused.Error(), part)
	}
}

// requireState asserts what the server said.
func requireState(t *testing.T, err error, state, message string) {
	t.Helper()
	answer, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.Equal(t, state, answer.Code)
	assert.Contains(t, answer.Message, message)
	assert.Contains(t, err.Error(), message)
}

// requirePoolRefusedLike asserts that a pool's login fails in the same way, and that Explain tells the same.
func requirePoolRefusedLike(t *testing.T, want *passwordless.LoginError, text string, o *passwordless.Options) {
	t.Helper()
	bare := openPool(t, text, o).Ping(limited(t))
	_, explained := errors.AsType[*passwordless.LoginError](bare)
	require.False(t, explained, "pgxpool returns pgx's own errors")
	got, ok := errors.AsType[*passwordless.LoginError](postgres.Explain(bare))
	require.True(t, ok, "%T: %v", bare, bare)
	assert.Equal(t, want.Error(), got.Error())
	assert.ErrorIs(t, got, bare)
	if credential, ok := o.Credential.(*minted); ok {
		requireNoPart(t, everyText(got), credential.tokens[0])
	}
}
