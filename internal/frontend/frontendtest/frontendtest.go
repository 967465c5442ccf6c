// Package frontendtest is what the tests of azuretest's front ends share. Only tests
// import it.
package frontendtest

import (
	"context"
	"crypto/sha256"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Start starts a cloud and a front end of it, and closes both with the test.
func Start[S azuretest.Server, O any](t *testing.T, start func(*azuretest.Cloud, *O) (S, error), o *O) (*azuretest.Cloud, S) {
	t.Helper()
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	server, err := start(cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return cloud, server
}

// Pipe dials a server without sockets.
type Pipe struct{ Server azuretest.Server }

func (p Pipe) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	go p.Server.ServeConn(context.WithoutCancel(ctx), server)
	return client, nil
}

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
	assert.True(t, login.TLS)
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

// RequireSettled waits until there are no more goroutines than before, but for
// the one in which Eventually looks.
func RequireSettled(t *testing.T, before int) {
	t.Helper()
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 },
		10*time.Second, 5*time.Millisecond, "goroutines are left")
}
