// Package frontendtest is what the tests of azuretest's front ends share. Only tests
// import it.
package frontendtest

import (
	"crypto/sha256"
	"database/sql"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// AssertTokenLogin checks the one login of a server, with a token and over TLS, and
// returns it.
func AssertTokenLogin(t *testing.T, s azuretest.Server, user, token string) azuretest.ServerLogin {
	t.Helper()
	logins := s.Logins()
	require.Len(t, logins, 1)
	login := logins[0]
	assert.NoError(t, login.Err)
	assert.Equal(t, user, login.User)
	assert.Equal(t, "orders", login.Database)
	assert.NotZero(t, login.TLS)
	assert.Equal(t, "localhost", login.ServerName)
	assert.Equal(t, len(token), login.PasswordLength)
	assert.Equal(t, sha256.Sum256([]byte(token)), login.PasswordSHA256)
	assert.WithinDuration(t, time.Now(), login.Time, time.Minute)
	assert.Empty(t, s.Plaintext())
	return login
}

// AssertOneSilence checks the two logins of a server that was silent in one.
func AssertOneSilence(t *testing.T, s azuretest.Server) {
	t.Helper()
	require.Eventually(t, func() bool { return len(s.Logins()) == 2 }, 20*time.Second, time.Millisecond)
	require.NoError(t, s.Close())
	for _, login := range s.Logins() {
		if login.Err != nil {
			assert.ErrorContains(t, login.Err, "said nothing")
			assert.Zero(t, login.PasswordLength)
		}
	}
}

// AssertTransaction runs a statement of [Answer]'s in a transaction.
func AssertTransaction(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	result, err := tx.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	assert.Equal(t, int64(3), n)
	require.NoError(t, tx.Commit())
}

// AssertLeavesNothing runs a client's whole life many times at once, and waits until
// none of it is left.
func AssertLeavesNothing(t *testing.T, times int, life func() error) {
	t.Helper()
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	for range times {
		group.Go(func() { assert.NoError(t, life()) })
	}
	group.Wait()
	RequireSettled(t, before)
}

// RequireSettled waits until there are no more goroutines than before, but for
// the one in which Eventually looks.
func RequireSettled(t *testing.T, before int) {
	t.Helper()
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 },
		10*time.Second, 5*time.Millisecond, "goroutines are left")
}
