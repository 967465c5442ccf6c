package sqlserver

import (
	"fmt"
	"io"
	"strings"
	"testing"

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
	b.Issuer.Size = 4000
	assert.True(t, refused("", 18456).Temporary(), "the same identity with another token")
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
