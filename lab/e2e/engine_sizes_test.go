package e2e_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// sizes are lengths of tokens in bytes. Those of people in many groups are long; SQL Server takes less.
var sizes = map[*engine][]int{
	&mySQL:     {512, 4 << 10, 16 << 10, 60 << 10},
	&sqlServer: {512, 4 << 10, 16 << 10},
}

// The server itself checks the token. The smallest that this cloud signs has some 900 bytes.
func TestEngineTokensOfAllSizesLogIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, size := range sizes[b.engine] {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				id := b.userAssigned(t)
				token := b.mint(frontendtest.Padded(id, size))
				require.GreaterOrEqual(t, len(token), size)
				b.requireUser(t, id.Name, b.db(t, b.to(id.Name), b.with(token)))
			})
		}
	})
}

// What is no JWT is for the server to judge, and arrives whole.
func TestEngineOpaqueTokensOfAllSizesArrive(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, size := range sizes[b.engine] {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				random := make([]byte, size)
				_, err := rand.Read(random)
				require.NoError(t, err)
				token := base64.URLEncoding.EncodeToString(random)[:size]
				require.NoError(t, b.db(t, b.toFront(b.taking(t, token), "app"), b.with(token)).PingContext(limited(t)))
			})
		}
	})
}

// taking is a front end that takes one token, for everybody.
func (b *bench) taking(t *testing.T, token string) front {
	t.Helper()
	same := func(got string) error {
		if got != token {
			return errors.New("another token")
		}
		return nil
	}
	var f front
	var err error
	if b.engine == &mySQL {
		f, err = mysqlfront.Start(b.Cloud, &mysqlfront.Options{Verify: func(_, password string) error { return same(password) }})
	} else {
		f, err = sqlserverfront.Start(b.Cloud, &sqlserverfront.Options{Verify: func(token string) (azuretest.Claims, error) {
			return azuretest.Claims{}, same(token)
		}})
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}
