package azuretest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestMySQLCertificateFaults(t *testing.T) {
	testCertificateFaults(t, true, func(t *testing.T) (frontEnd, func(bool) error) {
		b := newMyBench(t, nil)
		return b.server, func(careless bool) error {
			config := b.config()
			config.TLS.InsecureSkipVerify = careless
			return myDial(t.Context(), config)
		}
	})
}

func TestMySQLNoTLS(t *testing.T) {
	b := newMyBench(t, nil)
	b.server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	require.ErrorIs(t, myDial(t.Context(), b.config()), mysql.ErrNoTLS)

	fallback := b.config()
	fallback.AllowFallbackToPlaintext = true
	assert.Equal(t, uint16(3159), myRefused(t, fallback).Number)

	require.NoError(t, b.server.Close())
	logins := b.server.Logins()
	require.Len(t, logins, 1, "who leaves without a word is not listed")
	assert.Error(t, logins[0].Err)
	assert.Zero(t, logins[0].PasswordLength)
}

func TestMySQLPlaintext(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
	remove := b.server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	require.ErrorIs(t, myDial(t.Context(), b.config()), mysql.ErrNoTLS)
	assert.Empty(t, b.server.Plaintext())

	for i, config := range []*mysql.Config{b.config(), b.as("admin", "correct")} {
		config.AllowFallbackToPlaintext = true
		require.NoError(t, myDial(t.Context(), config))
		caught := b.server.Plaintext()
		require.Len(t, caught, i+1)
		assert.Equal(t, len(config.Passwd), caught[i].PasswordLength)
		assert.Equal(t, config.User, caught[i].User)
	}
	remove()
	remove() // again: nothing
	require.NoError(t, myDial(t.Context(), b.config()))
}

func TestMySQLOtherPlugins(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    azuretest.ServerFault
		answered func(token string) int
	}{
		{"native", azuretest.ServerFault{Kind: azuretest.AskNativePassword}, func(string) int { return 20 }},
		{"caching_sha2", azuretest.ServerFault{Kind: azuretest.AskCachingSHA2}, func(token string) int { return len(token) }},
	} {
		for _, plugin := range []string{azuretest.MySQLCachingSHA2, azuretest.MySQLNativePassword} {
			t.Run(c.name+" after "+plugin, func(t *testing.T) {
				b := newMyBench(t, &azuretest.MySQLOptions{AuthPlugin: plugin})
				c.fault.Times = 1
				b.server.Inject(c.fault)
				refusal := myRefused(t, b.config())
				assert.Equal(t, uint16(1045), refusal.Number)
				login := b.server.Logins()[0]
				assert.Error(t, login.Err)
				assert.Equal(t, c.answered(b.token), login.PasswordLength)
				require.NoError(t, myDial(t.Context(), b.config()))
			})
		}
	}
}

// A client that will not answer leaves.
func TestMySQLClientWithoutClearText(t *testing.T) {
	b := newMyBench(t, nil)
	config := b.config()
	config.AllowCleartextPasswords = false
	require.ErrorIs(t, myDial(t.Context(), config), mysql.ErrCleartextPassword)
	require.NoError(t, b.server.Close())
	login := b.server.Logins()[0]
	assert.ErrorContains(t, login.Err, "did not answer")
	assert.Zero(t, login.PasswordLength)
}

func TestMySQLBrokenAnswers(t *testing.T) {
	testBrokenAnswers(t, func(t *testing.T, twice azuretest.ServerFault) []azuretest.ServerLogin {
		b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
		b.server.Inject(twice)
		require.ErrorIs(t, myDial(t.Context(), b.config()), mysql.ErrInvalidConn)
		require.Error(t, myDial(t.Context(), b.as("admin", "correct")))
		require.NoError(t, myDial(t.Context(), b.config()))
		return b.server.Logins()
	})
}

func TestMySQLSilent(t *testing.T) {
	b := newMyBench(t, nil)
	remove := b.server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := myDial(ctx, b.config())
	require.Error(t, err)
	require.NotErrorIs(t, err, driver.ErrBadConn)
	remove()
	require.NoError(t, myDial(t.Context(), b.config()))
	require.NoError(t, b.server.Close())
	assert.Len(t, b.server.Logins(), 1, "in MySQL the server speaks first")
}

func TestMySQLRefuse(t *testing.T) {
	b := newMyBench(t, nil)
	b.server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.MySQLError{Number: 1040, State: "08004", Message: "Too many connections"}, Times: 1})
	b.server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.MySQLError{Number: 9102, Message: "An unexpected error occurred while trying to validate user"}, Times: 1})
	refusal := myRefused(t, b.config())
	assert.Equal(t, uint16(1040), refusal.Number)
	assert.Equal(t, "08004", string(refusal.SQLState[:]))
	assert.Equal(t, "Too many connections", refusal.Message)
	refusal = myRefused(t, b.config())
	assert.Equal(t, uint16(9102), refusal.Number)
	assert.Equal(t, "HY000", string(refusal.SQLState[:]))
	require.NoError(t, myDial(t.Context(), b.config()))
	assert.EqualError(t, b.server.Logins()[0].Err, "1040 (08004): Too many connections")
}

func TestMySQLExpiredToken(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
	b.server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	assert.Equal(t, uint16(1045), myRefused(t, b.as(b.id.Name, "nonsense")).Number)
	require.NoError(t, myDial(t.Context(), b.as("admin", "correct")), "a password is no token")
	assert.Equal(t, uint16(9119), myRefused(t, b.config()).Number)
	require.NoError(t, myDial(t.Context(), b.config()))
}

// Faults that act in the handshake must not be bypassed by a resumed session.
func TestMySQLNoTLSResumption(t *testing.T) {
	b := newMyBench(t, nil)
	config := b.config()
	config.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	require.NoError(t, myDial(t.Context(), config))
	b.server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	var wrong x509.HostnameError
	require.ErrorAs(t, myDial(t.Context(), config), &wrong)
}

func TestMySQLForeignFaults(t *testing.T) {
	b := newMyBench(t, nil)
	testForeignFaults(t, b.server, func() error { return myDial(t.Context(), b.config()) }, &mysql.MySQLError{},
		azuretest.ServerFault{Kind: azuretest.AskNativePassword}, azuretest.ServerFault{Kind: azuretest.AskCachingSHA2},
		azuretest.ServerFault{Kind: azuretest.Refuse, Err: fmt.Errorf("no: %w", &azuretest.MySQLError{})})
}
