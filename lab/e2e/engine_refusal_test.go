package e2e_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
)

// answer is what a server says when it refuses a login, and what the library makes of it.
type answer struct {
	code   int
	text   string // a part of the message
	anchor string
	hint   string // a part of it; if empty, it is not checked
}

// denied is what MariaDB, and mostly Azure too, says to everything.
var denied = answer{1045, "Access denied for user", "no-database-user", "no user of this name was made for Microsoft Entra"}

// standInAnswers are those of SQL Server's stand-in to each of badTokens, in Azure's own texts.
var standInAnswers = map[string]answer{
	"expired":                          {18456, "Token is expired.", "token-expired", "check the clocks"},
	"for a resource that nobody knows": {18456, "is not currently configured to accept this token", "token-not-accepted", "another tenant or cloud"},
	"foreign signature":                {18456, "Login failed for user '<token-identified principal>'.", "no-database-user", "CREATE USER"},
	"another's, who has no user":       {18456, "Login failed for user '<token-identified principal>'.", "no-database-user", "CREATE USER"},
	"not a token":                      {18456, "is not currently configured to accept this token", "token-not-accepted", "another tenant or cloud"},
}

// with returns options with a custom credential that gives these tokens.
func (b *bench) with(tokens ...string) *passwordless.Options {
	o := b.options()
	o.Credential = &minted{tokens: tokens}
	return o
}

// requireAnswer asserts that a login with a token was refused in the way that is promised, and so by the server.
func (b *bench) requireAnswer(t *testing.T, err error, want answer, token string) *passwordless.LoginError {
	t.Helper()
	refused := requireRefused(t, err, token)
	assert.Equal(t, want.code, b.code(err), "the driver's own error")
	assert.Contains(t, err.Error(), want.text)
	assert.Equal(t, want.anchor, refused.Anchor, err)
	assert.Contains(t, refused.Hint, want.hint)
	return refused
}

// userName is how errors name a user.
func (b *bench) userName(id azuretest.Identity) string { return b.site().told(id.Name) }

func TestEngineServersRefuseBadTokens(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, bad := range badTokens {
			t.Run(bad.name, func(t *testing.T) {
				id := b.userAssigned(t)
				token := bad.mint(b.stage, id, b.audience)
				want := denied
				if b.engine == &sqlServer {
					want = standInAnswers[bad.name]
				}
				db := b.db(t, b.to(id.Name), b.with(token))
				refused := b.requireAnswer(t, db.PingContext(limited(t)), want, token)
				requireNames(t, refused, b.server.Addr(), database, b.userName(id))
				assert.Contains(t, refused.Error(), bad.cause)
				requireNoPart(t, b.server.Log(), token)
			})
		}
	})
}

// Azure's server tells more of an expired token than MariaDB.
func TestMySQLAzuresOwnTextsAreExplained(t *testing.T) {
	b := mySQL.on(t)
	for _, bad := range badTokens {
		t.Run(bad.name, func(t *testing.T) {
			id, front := b.userAssigned(t), b.newFront(t)
			token := bad.mint(b.stage, id, b.audience)
			want := denied
			if bad.name == "expired" {
				want = answer{9119, "The access token has expired.", "token-expired", "check the clocks"}
			}
			err := b.db(t, b.toFront(front, id.Name), b.with(token)).PingContext(limited(t))
			refused := b.requireAnswer(t, err, want, token)
			requireNames(t, refused, front.Addr(), database, id.Name)
			require.Len(t, front.Logins(), 1, "the same token is not sent again")
		})
	}
}

// What is plainly no token for this server is not even sent.
func TestEngineUselessTokensAreNotSent(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		id, front := b.userAssigned(t), b.newFront(t)
		for _, c := range []struct {
			name    string
			token   string
			expires time.Time
			says    []string
		}{
			{name: "empty", says: []string{"holds no token", "check Options.Credential"}},
			{name: "for the other engine", token: b.Mint(id, b.foreign),
				says: []string{"the token is for https://", "needs one for https://"}},
			{name: "for Azure Resource Manager", token: b.Mint(id, "https://management.azure.com/"),
				says: []string{"the token is for https://management.azure.com", "needs one for https://"}},
			{name: "expired on arrival", token: b.mint(frontendtest.Living(id, -time.Minute)),
				expires: time.Now().Add(-time.Minute), says: []string{"expired at", "clock"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				o := b.options()
				o.Credential = &minted{tokens: []string{c.token}, expires: c.expires}
				err := b.db(t, b.toFront(front, id.Name), o).PingContext(limited(t))
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
			})
		}
		requireNoToken(t, front)
	})
}

// wrongName is a login that fails for a name, with a token that is good.
type wrongName struct {
	name     string
	id       azuretest.Identity
	database string
	want     answer
}

func TestMySQLWrongNamesAreExplained(t *testing.T) {
	b := mySQL.on(t)
	id := b.userAssigned(t)
	inOtherCase, withPassword := id, id
	inOtherCase.Name = "App" + id.Name[3:]
	withPassword.Name = "pw-" + id.Name
	require.NoError(t, b.server.CreatePasswordUser(limited(t), withPassword.Name, "pencil"))
	b.requireExplained(t, []wrongName{
		{"no such user", b.AddUserAssigned(azuretest.Identity{}), database, denied},
		{"name in other case", inOtherCase, database, denied},
		{"user with a password", withPassword, database, denied},
		{"no such database", id, "nowhere", answer{1044, "to database 'nowhere'", "no-database", "privileges"}},
	})
}

func TestSQLServerWrongNamesAreExplained(t *testing.T) {
	b := sqlServer.on(t)
	b.requireExplained(t, []wrongName{
		{"no such user", b.AddUserAssigned(azuretest.Identity{}), database, answer{18456, "Login failed for user", "no-database-user", "CREATE USER"}},
		{"no such database", b.userAssigned(t), "nowhere", answer{18456, `Cannot open database "nowhere"`, "no-database", "check the name"}},
	})
}

func (b *bench) requireExplained(t *testing.T, cases []wrongName) {
	t.Helper()
	b.onAppService(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := b.text(b.server.Addr(), c.database, b.userName(c.id), b.key("client_id", c.id.ClientID))
			err := b.db(t, text, b.options()).PingContext(limited(t))
			refused := b.requireAnswer(t, err, c.want, b.mint(c.id))
			assert.Contains(t, refused.Identity, c.id.ClientID)
			assert.Equal(t, b.userName(c.id), refused.User)
		})
	}
}
