package mysqlfront_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

func TestRefusals(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: frontendtest.Accounts("orders@contoso.com")})
	denied := "Access denied for user '%s'@'127.0.0.1' (using password: YES)"
	for _, c := range []struct {
		name, user, password string
		number               uint16
		state, message       string
		cause                error
	}{
		{name: "expired", user: b.ID.Name, password: b.Mint(frontendtest.Living(b.ID, -time.Hour)),
			number: 9119, state: "HY000", message: "The access token has expired. Please acquire a new token and retry.", cause: tokenerr.ErrExpired},
		{name: "audience", user: b.ID.Name, password: b.Cloud.Mint(b.ID, azuretest.SQLAudience),
			number: 1045, state: "28000", message: denied, cause: tokenerr.ErrAudience},
		{name: "signature", user: b.ID.Name, password: frontendtest.Forged(b.Token),
			number: 1045, state: "28000", message: denied, cause: tokenerr.ErrSignature},
		{name: "not yet valid", user: b.ID.Name, password: b.Mint(frontendtest.NotYetValid(b.ID)),
			number: 1045, state: "28000", message: denied, cause: tokenerr.ErrNotYetValid},
		{name: "format", user: b.ID.Name, password: "{eyJ0eXAi}",
			number: 1045, state: "28000", message: denied, cause: tokenerr.ErrMalformed},
		{name: "another's user", user: "billing-app", password: b.Token, number: 1045, state: "28000", message: denied},
		{name: "unknown user", user: "ghost", password: b.Token, number: 1045, state: "28000", message: denied},
		{name: "no user", user: "", password: b.Token, number: 1045, state: "28000", message: denied},
		{name: "empty", user: b.ID.Name,
			number: 1045, state: "28000", message: strings.Replace(denied, "YES", "NO", 1)},
		{name: "token for a password user", user: "admin", password: b.Token, number: 1045, state: "28000", message: denied},
		{name: "no password for a password user", user: "admin",
			number: 1045, state: "28000", message: strings.Replace(denied, "YES", "NO", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			serverError := refused(t, b.as(c.user, c.password))
			message := strings.Replace(c.message, "%s", c.user, 1)
			assert.Equal(t, c.number, serverError.Number)
			assert.Equal(t, c.state, string(serverError.SQLState[:]))
			assert.Equal(t, message, serverError.Message)

			logins := b.Server.Logins()
			err := logins[len(logins)-1].Err
			var listed *azuretest.ServerError
			require.ErrorAs(t, err, &listed)
			assert.Equal(t, message, listed.Message)
			if c.cause != nil {
				assert.ErrorIs(t, err, c.cause)
			}
		})
	}
	require.NoError(t, dial(t.Context(), b.as("admin", "correct")))
}

func TestVerify(t *testing.T) {
	cause := errors.New("the vault is closed")
	b := newBench(t, &mysqlfront.Options{Verify: func(user, password string) error {
		switch user {
		case "own":
			return &azuretest.ServerError{Number: 9102, Message: "An unexpected error occurred while trying to validate user"}
		case "other":
			return cause
		}
		return nil
	}})
	serverError := refused(t, b.as("own", "s3cr3t-canary"))
	assert.Equal(t, uint16(9102), serverError.Number)
	assert.Equal(t, "HY000", string(serverError.SQLState[:]))

	serverError = refused(t, b.as("other", "s3cr3t-canary"))
	assert.Equal(t, uint16(1045), serverError.Number)
	assert.NotContains(t, serverError.Message, "vault")
	assert.ErrorIs(t, b.Server.Logins()[1].Err, cause)

	require.NoError(t, dial(t.Context(), b.as("anyone", "s3cr3t-canary")))
}
