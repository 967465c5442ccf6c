package sqlserver

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// The numbers that servers send, of SqlClient's two lists of transient errors, of Entity Framework's, and of Microsoft's
// pages about Azure SQL and Synapse. 4060 is on them too: here it depends on whether the identity has logged in before.
func TestTemporary(t *testing.T) {
	for numbers, want := range map[string]bool{
		"1204 1205 1222 4221 10928 10929 10936 40020 40143 40166 40197 40501 40540 40613 42108 42109 49918 49919 49920":                true,
		"615 701 802 921 952 6005 8645 8651 10922 17142 17187 17188 17189 17197 17300 17809 18401 33155 40642 40648 40675 49977 49983": true,
		"916 978 4060 18452 18456 18470 18486 18487 18488 18399 40531 40532 40615 40914 47072 47073 50000":                             false,
	} {
		for number := range strings.FieldsSeq(numbers) {
			var n int32
			_, err := fmt.Sscan(number, &n)
			require.NoError(t, err)
			c := table.Classify(serverSays(n, "oops"), true)
			assert.Equal(t, want, c.Temporary, number)
			assert.True(t, !want || c.Hint != "", number)
		}
	}
	assert.True(t, table.Classify(mssql.ServerError{}, true).Temporary)
	assert.True(t, table.Classify(mssql.StreamError{InnerError: io.ErrUnexpectedEOF}, true).Temporary)
	assert.False(t, table.Classify(mssql.StreamError{InnerError: fmt.Errorf("unknown token")}, true).Temporary)
}

// A refusal means something else to an identity that has logged in to this database before, in whatever connector.
func TestRefusalAfterALogin(t *testing.T) {
	b := engine.Bench(t, nil)
	refused := func(text string, number int32) *passwordless.LoginError {
		c := b.Connector(t, text)
		defer b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: number, State: 1,
			Message: "Login failed for user '<token-identified principal>'."}})()
		return drivertest.LoginError(t, drivertest.Connect(t, c))
	}
	first := refused("", 18456)
	assert.Contains(t, first.Hint, "CREATE USER")
	assert.Equal(t, "no-database-user", first.Anchor)
	assert.False(t, first.Temporary())

	require.NoError(t, drivertest.Connect(t, b.Connector(t)))
	for _, number := range []int32{18456, 4060} {
		later := refused("", number)
		assert.Contains(t, later.Hint, "may be scaling or failing over: try again")
		assert.NotContains(t, later.Hint, "CREATE USER")
		assert.Equal(t, "server-unavailable", later.Anchor)
		assert.True(t, later.Temporary())
	}
	assert.Contains(t, refused("database=other", 18456).Hint, "CREATE USER", "another database")
	assert.Contains(t, refused("", 37396).Hint, "replaced", "an expired token is no such thing")
	assert.Contains(t, refusedBy(t, b, b.Server.Port(), another(t, b)).Hint, "CREATE USER", "another identity")
	elsewhere := engine.Serve(t, b.Cloud, nil)
	elsewhere.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 18456, State: 1, Message: "Login failed for user '<token-identified principal>'."}})
	assert.Contains(t, refusedBy(t, b, elsewhere.Port(), b.Options).Hint, "CREATE USER", "another server")
	b.Issuer.Size = 4000
	assert.True(t, refused("", 18456).Temporary(), "the same identity with another token")
}

// The login that follows when a token has expired is one, too.
func TestRefusalAfterALoginWithTheSecondToken(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	require.NoError(t, drivertest.Connect(t, b.Connector(t)))
	assert.True(t, refusedBy(t, b, b.Server.Port(), b.Options).Temporary())
}

// refusedBy is the error of a login that the bench's server, or one at another port, refuses.
func refusedBy(t *testing.T, b *bench, port int, o *passwordless.Options) *passwordless.LoginError {
	t.Helper()
	defer b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 18456, State: 1,
		Message: "Login failed for user '<token-identified principal>'."}})()
	c, err := NewConnector(fmt.Sprintf("server=127.0.0.1;port=%d;database=orders", port), o)
	require.NoError(t, err)
	defer c.Close()
	return drivertest.LoginError(t, drivertest.Connect(t, c))
}

// another is the bench's options with another identity.
func another(t *testing.T, b *bench) *passwordless.Options {
	t.Helper()
	o := *b.Options
	o.Credential = fixed(b.Cloud.Mint(b.Cloud.AddUserAssigned(azuretest.Identity{Name: "other"}), azuretest.SQLAudience))
	return &o
}

// fixed is a credential with one token.
type fixed string

func (f fixed) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestFabricHasNoCreateUser(t *testing.T) {
	for host, want := range map[string]bool{
		"x.datawarehouse.fabric.microsoft.com": true, "X.database.fabric.microsoft.com.": true, "srv.database.windows.net": false,
		"fabric.microsoft.com.example.com": false,
	} {
		c := &Connector{token: true, hosts: []dsn.Host{{Name: host, Port: 1433}}}
		for _, number := range []int32{18456, 4060, 916} {
			hint := c.classify(serverSays(number, "Login failed for user '<token-identified principal>'.")).Hint
			assert.Equal(t, want, strings.Contains(hint, "a role in the workspace"), "%s: %s", host, hint)
			assert.Equal(t, !want, strings.Contains(strings.ToLower(hint), "create"), "%s: %s", host, hint)
		}
	}
}
