package token_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

var errIssuer = errors.New("500 internal server error")

// issuer is a credential: it answers with token-1, token-2, ... which live an
// hour, unless a test scripts it.
type issuer struct {
	mu     sync.Mutex
	life   time.Duration // 0: an hour
	script func(ctx context.Context, n int, forceRefresh bool) (azcore.AccessToken, error)
	times  []time.Time
	forced []bool
}

func (i *issuer) fetch(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
	i.mu.Lock()
	i.times = append(i.times, time.Now())
	i.forced = append(i.forced, forceRefresh)
	n, script := len(i.times), i.script
	i.mu.Unlock()
	if script != nil {
		return script(ctx, n, forceRefresh)
	}
	return i.issue(n), nil
}

// issue makes token-n.
func (i *issuer) issue(n int) azcore.AccessToken {
	life := i.life
	if life == 0 {
		life = time.Hour
	}
	return azcore.AccessToken{Token: fmt.Sprintf("token-%d", n), ExpiresOn: time.Now().Add(life)}
}

func (i *issuer) set(script func(ctx context.Context, n int, forceRefresh bool) (azcore.AccessToken, error)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.script = script
}

// fail makes every later request fail at once.
func (i *issuer) fail() {
	i.set(func(context.Context, int, bool) (azcore.AccessToken, error) { return azcore.AccessToken{}, errIssuer })
}

// hang makes every later request last until its context ends.
func (i *issuer) hang() {
	i.set(func(ctx context.Context, _ int, _ bool) (azcore.AccessToken, error) {
		<-ctx.Done()
		return azcore.AccessToken{}, errors.New("hidden cause") // as azidentity does
	})
}

// heal makes it answer again.
func (i *issuer) heal() { i.set(nil) }

func (i *issuer) requests() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.times)
}

// latestForced tells whether the latest request was a forced refresh.
func (i *issuer) latestForced() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.forced[len(i.forced)-1]
}

// source is a Cache or a Handle.
type source interface {
	Token(context.Context) (azcore.AccessToken, error)
}

// want asserts that Token returns this token without waiting.
func want(t *testing.T, s source, name string) {
	t.Helper()
	began := time.Now()
	got, err := s.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, name, got.Token)
	require.Zero(t, time.Since(began), "the caller waited")
}

// wantError asserts that Token fails with this error without waiting.
func wantError(t *testing.T, s source, target error) {
	t.Helper()
	began := time.Now()
	got, err := s.Token(t.Context())
	require.ErrorIs(t, err, target)
	require.Empty(t, got.Token)
	require.Zero(t, time.Since(began), "the caller waited")
}

// after returns a script that waits before it goes on with the issuer's own answer.
func (i *issuer) after(pause time.Duration) func(context.Context, int, bool) (azcore.AccessToken, error) {
	return func(ctx context.Context, n int, _ bool) (azcore.AccessToken, error) {
		select {
		case <-time.After(pause):
			return i.issue(n), nil
		case <-ctx.Done():
			return azcore.AccessToken{}, ctx.Err()
		}
	}
}

// always returns a script that answers every request with the same token.
func always(a azcore.AccessToken) func(context.Context, int, bool) (azcore.AccessToken, error) {
	return func(context.Context, int, bool) (azcore.AccessToken, error) { return a, nil }
}

var _ token.FetchFunc = (*issuer)(nil).fetch
