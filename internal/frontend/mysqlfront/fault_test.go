package mysqlfront_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

func TestNoTLS(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	require.ErrorIs(t, dial(t.Context(), b.config()), mysql.ErrNoTLS)

	fallback := b.config()
	fallback.AllowFallbackToPlaintext = true
	assert.Equal(t, uint16(3159), refused(t, fallback).Number)

	require.NoError(t, b.Server.Close())
	logins := b.Server.Logins()
	require.Len(t, logins, 1, "who leaves without a word is not listed")
	assert.Error(t, logins[0].Err)
	assert.Zero(t, logins[0].PasswordLength)
}

func TestPlaintext(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	remove := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	require.ErrorIs(t, dial(t.Context(), b.config()), mysql.ErrNoTLS)
	assert.Empty(t, b.Server.Plaintext())

	for i, config := range []*mysql.Config{b.config(), b.as("admin", "correct")} {
		config.AllowFallbackToPlaintext = true
		require.NoError(t, dial(t.Context(), config))
		caught := b.Server.Plaintext()
		require.Len(t, caught, i+1)
		assert.Equal(t, len(config.Passwd), caught[i].PasswordLength)
		assert.Equal(t, config.User, caught[i].User)
	}
	remove()
	remove() // again: nothing
	require.NoError(t, dial(t.Context(), b.config()))
}

func TestOtherPlugins(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    azuretest.ServerFault
		answered func(token string) int
	}{
		{"native", azuretest.ServerFault{Kind: azuretest.AskNativePassword}, func(string) int { return 20 }},
		{"caching_sha2", azuretest.ServerFault{Kind: azuretest.AskCachingSHA2}, func(token string) int { return len(token) }},
	} {
		for _, plugin := range []string{mysqlfront.CachingSHA2, mysqlfront.NativePassword} {
			t.Run(c.name+" after "+plugin, func(t *testing.T) {
				b := newBench(t, &mysqlfront.Options{AuthPlugin: plugin})
				c.fault.Times = 1
				b.Server.Inject(c.fault)
				serverError := refused(t, b.config())
				assert.Equal(t, uint16(1045), serverError.Number)
				login := b.Server.Logins()[0]
				assert.Error(t, login.Err)
				assert.Equal(t, c.answered(b.Token), login.PasswordLength)
				require.NoError(t, dial(t.Context(), b.config()))
			})
		}
	}
}

// A client that will not answer leaves.
func TestClientWithoutClearText(t *testing.T) {
	b := newBench(t, nil)
	config := b.config()
	config.AllowCleartextPasswords = false
	require.ErrorIs(t, dial(t.Context(), config), mysql.ErrCleartextPassword)
	require.NoError(t, b.Server.Close())
	login := b.Server.Logins()[0]
	assert.ErrorContains(t, login.Err, "did not answer")
	assert.Zero(t, login.PasswordLength)
}

func TestSilent(t *testing.T) {
	b := newBench(t, nil)
	remove := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := dial(ctx, b.config())
	require.Error(t, err)
	require.NotErrorIs(t, err, driver.ErrBadConn)
	remove()
	require.NoError(t, dial(t.Context(), b.config()))
	require.NoError(t, b.Server.Close())
	assert.Len(t, b.Server.Logins(), 1, "in MySQL the server speaks first")
}

func TestRefuse(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 1040, State: "08004", Message: "Too many connections"}, Times: 1})
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 9102, Message: "An unexpected error occurred while trying to validate user"}, Times: 1})
	serverError := refused(t, b.config())
	assert.Equal(t, uint16(1040), serverError.Number)
	assert.Equal(t, "08004", string(serverError.SQLState[:]))
	assert.Equal(t, "Too many connections", serverError.Message)
	serverError = refused(t, b.config())
	assert.Equal(t, uint16(9102), serverError.Number)
	assert.Equal(t, "HY000", string(serverError.SQLState[:]))
	require.NoError(t, dial(t.Context(), b.config()))
	assert.EqualError(t, b.Server.Logins()[0].Err, "1040 (08004): Too many connections")
}

func TestExpiredToken(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	assert.Equal(t, uint16(1045), refused(t, b.as(b.ID.Name, "nonsense")).Number)
	require.NoError(t, dial(t.Context(), b.as("admin", "correct")), "a password is no token")
	assert.Equal(t, uint16(9119), refused(t, b.config()).Number)
	require.NoError(t, dial(t.Context(), b.config()))
}

// Faults that act in the handshake must not be bypassed by a resumed session.
func TestNoTLSResumption(t *testing.T) {
	b := newBench(t, nil)
	config := b.config()
	config.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	require.NoError(t, dial(t.Context(), config))
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	var wrong x509.HostnameError
	require.ErrorAs(t, dial(t.Context(), config), &wrong)
}

func TestBrokenAnswersToAPassword(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	for _, kind := range []azuretest.ServerFaultKind{azuretest.CloseAfterToken, azuretest.HalfPacket} {
		b.Server.Inject(azuretest.ServerFault{Kind: kind, Times: 1})
		require.ErrorIs(t, dial(t.Context(), b.as("admin", "correct")), mysql.ErrInvalidConn)
	}
	require.NoError(t, dial(t.Context(), b.as("admin", "correct")))
	assert.Len(t, b.Server.Logins(), 3)
}
