package sqlserverfront_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

func TestRefusals(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Users: []string{"orders-app"}}, Databases: []string{"Orders"}})
	failed := "Login failed for user '<token-identified principal>'."
	for _, c := range []struct {
		name, token, parameters string
		number                  int32
		message                 string
	}{
		{name: "expired", token: b.Mint(frontendtest.Living(b.ID, -time.Hour)),
			number: 18456, message: failed + " Token is expired."},
		{name: "audience", token: b.Cloud.Mint(b.ID, azuretest.OSSRDBMSAudience),
			number: 18456, message: failed + " The server is not currently configured to accept this token."},
		{name: "signature", token: frontendtest.Forged(b.Token), number: 18456, message: failed},
		{name: "format", token: "{eyJ0eXAi}",
			number: 18456, message: failed + " The server is not currently configured to accept this token."},
		{name: "no token", token: "",
			number: 18456, message: failed + " The server is not currently configured to accept this token."},
		{name: "no user in the database", number: 18456, message: failed,
			token: b.Cloud.Mint(b.Cloud.AddUserAssigned(azuretest.Identity{Name: "stranger"}), azuretest.SQLAudience)},
		{name: "database", token: b.Token, parameters: "database=missing", number: 18456, message: "Login failed for user 'orders-app'."},
	} {
		t.Run(c.name, func(t *testing.T) {
			serverError := refused(t, byToken(t, b.config(t, c.parameters), c.token))
			assert.Equal(t, c.number, serverError.Number)
			assert.Equal(t, uint8(1), serverError.State)
			assert.Equal(t, uint8(14), serverError.Class)
			assert.Equal(t, "login error: "+c.message, serverError.Message)

			logins := b.Server.Logins()
			var listed *sqlserverfront.Error
			require.ErrorAs(t, logins[len(logins)-1].Err, &listed)
			if c.token != "" {
				assert.NotContains(t, logins[len(logins)-1].Err.Error(), c.token)
			}
		})
	}
	require.NoError(t, connect(t, byToken(t, b.config(t, "database=ORDERS"), b.Token)))
	require.NoError(t, connect(t, byToken(t, b.config(t, "database="), b.Token)))
}

// SQL Server sends two errors for a database that does not exist.
func TestMissingDatabase(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{Databases: []string{}})
	serverError := refused(t, byToken(t, b.config(t, ""), b.Token))
	require.Len(t, serverError.All, 2)
	assert.Equal(t, int32(4060), serverError.All[0].Number)
	assert.Equal(t, uint8(11), serverError.All[0].Class)
	assert.Equal(t, `Cannot open database "orders" requested by the login. The login failed.`, serverError.All[0].Message)
	assert.Equal(t, int32(18456), serverError.All[1].Number)
}

func TestVerify(t *testing.T) {
	cause := errors.New("the vault is closed")
	var b *bench
	b = newBench(t, &sqlserverfront.Options{Verify: func(token string) (azuretest.Claims, error) {
		switch token {
		case "own":
			return azuretest.Claims{}, &sqlserverfront.Error{Number: 10928, State: 2, Class: 16, Message: "too many sessions"}
		case "other":
			return azuretest.Claims{}, cause
		case "opaque":
			return azuretest.Claims{}, nil
		}
		return b.Cloud.Verify(token, azuretest.SQLAudience)
	}})
	assert.Equal(t, int32(10928), refused(t, byToken(t, b.config(t, ""), "own")).Number)

	serverError := refused(t, byToken(t, b.config(t, ""), "other"))
	assert.Equal(t, int32(18456), serverError.Number)
	assert.NotContains(t, serverError.Message, "vault")
	assert.ErrorIs(t, b.Server.Logins()[1].Err, cause)

	require.NoError(t, connect(t, byToken(t, b.config(t, ""), "opaque")))
	require.NoError(t, connect(t, byToken(t, b.config(t, ""), b.Token)))
	assert.Empty(t, b.Server.Logins()[2].User, "no one knows whose token it is")
	assert.Equal(t, b.ID.Name, b.Server.Logins()[3].User)
}
