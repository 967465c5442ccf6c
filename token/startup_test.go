package token_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

var errRefused = errors.New("connection refused")

func notReady(err error) bool { return errors.Is(err, errRefused) }

// starting makes every request fail with errRefused after a while.
func (i *issuer) starting(took time.Duration) {
	i.set(func(context.Context, int, bool) (azcore.AccessToken, error) {
		time.Sleep(took)
		return azcore.AccessToken{}, errRefused
	})
}

func TestStartupWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.starting(0)
		time.AfterFunc(20*time.Second, i.heal)
		c := token.New(i.fetch, &token.Options{NotReady: notReady})
		began := time.Now()
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.InDelta(t, 21, time.Since(began).Seconds(), 1, "served soon after the endpoint came up")
		assert.Less(t, i.requests(), 30, "with pauses")
		s := c.Stats()
		assert.EqualValues(t, i.requests(), s.Requests)
		assert.EqualValues(t, i.requests()-1, s.Failures)
		assert.NoError(t, s.LastError)
	})
}

func TestStartupWindowEnds(t *testing.T) {
	for _, row := range []struct {
		name        string
		options     token.Options
		took        time.Duration // by each request
		least, most time.Duration
	}{
		{"default", token.Options{NotReady: notReady}, 0, 27 * time.Second, 30 * time.Second},
		{"set", token.Options{NotReady: notReady, StartupWindow: 5 * time.Second}, 0, 2 * time.Second, 5 * time.Second},
		{"none", token.Options{NotReady: notReady, StartupWindow: -1}, 0, 0, 0},
		{"no predicate", token.Options{}, 0, 0, 0},
		{"slow answers", token.Options{NotReady: notReady}, 8500 * time.Millisecond, 34 * time.Second, 36 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				i.starting(row.took)
				c := token.New(i.fetch, &row.options)
				began := time.Now()
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, errRefused)
				if i.requests() > 1 {
					require.ErrorContains(t, err, fmt.Sprintf("(of %d calls, the last)", i.requests()))
				}
				assert.GreaterOrEqual(t, time.Since(began), row.least)
				assert.LessOrEqual(t, time.Since(began), row.most)

				time.Sleep(time.Minute)
				n := i.requests()
				_, err = c.Token(t.Context())
				require.ErrorIs(t, err, errRefused)
				assert.Equal(t, n+1, i.requests(), "after the window an error counts at once")
			})
		})
	}
}

func TestStartupWindowIsForTheFirstToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 10 * time.Second}
		c := token.New(i.fetch, &token.Options{NotReady: notReady})
		want(t, c, "token-1")
		i.starting(0)
		time.Sleep(10 * time.Second)
		wantError(t, c, errRefused)
		assert.Equal(t, 2, i.requests())
	})
}

func TestStartupOtherErrorsCountAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.fail()
		wantError(t, token.New(i.fetch, &token.Options{NotReady: notReady}), errIssuer)
		assert.Equal(t, 1, i.requests())
	})
}

func TestStartupCallerLeavesWithTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.starting(0)
		c := token.New(i.fetch, &token.Options{NotReady: notReady})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errRefused)
		require.EqualError(t, err, fmt.Sprintf("token: stopped waiting for a token request that began 5s ago: "+
			"context deadline exceeded (its last answer, in %d calls: token: connection refused)", i.requests()))
		i.heal()
		got, err := c.Token(t.Context())
		require.NoError(t, err, "the request went on")
		assert.NotEmpty(t, got.Token)
	})
}
