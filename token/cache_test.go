package token_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/token"
)

func TestNothingIsRequestedBeforeToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		time.Sleep(48 * time.Hour)
		assert.Zero(t, i.requests())
		want(t, c, "token-1")
		want(t, c, "token-1")
		assert.Equal(t, 1, i.requests())
	})
}

func TestColdStormIsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.set(i.after(3 * time.Second))
		c := token.New(i.fetch, nil)
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				got, err := c.Token(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "token-1", got.Token)
			})
		}
		wg.Wait()
		assert.Equal(t, 1, i.requests())
		assert.EqualValues(t, 1000, c.Stats().Waits)
	})
}

func TestFailingColdStormIsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.fail()
		c := token.New(i.fetch, nil)
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				time.Sleep(rand.N(900 * time.Millisecond))
				_, err := c.Token(t.Context())
				assert.ErrorIs(t, err, errIssuer)
			})
		}
		wg.Wait()
		assert.Equal(t, 1, i.requests(), "the error was returned to all")

		time.Sleep(time.Second)
		wantError(t, c, errIssuer)
		assert.Equal(t, 2, i.requests(), "but only for a second")
		i.heal()
		wantError(t, c, errIssuer)
		time.Sleep(time.Second)
		want(t, c, "token-3")
	})
}

func TestCallersLeaveAndTheRequestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.set(i.after(10 * time.Second))
		c := token.New(i.fetch, nil)
		var left, served atomic.Int32
		var wg sync.WaitGroup
		for n := range 1000 {
			wg.Go(func() {
				limit := time.Duration(1+n%20) * time.Second
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				_, err := c.Token(ctx)
				if err == nil {
					served.Add(1)
					return
				}
				left.Add(1)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, "token: stopped waiting for a token request")
				assert.Equal(t, limit, time.Since(began), "it left when its own context ended")
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1000, left.Load()+served.Load())
		assert.GreaterOrEqual(t, served.Load(), int32(500))
		assert.GreaterOrEqual(t, left.Load(), int32(450))
		assert.Equal(t, 1, i.requests(), "the request outlived the callers that left, its first one among them")
	})
}

func TestCanceledCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.set(i.after(time.Second))
		c := token.New(i.fetch, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		_, err := c.Token(ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = c.Token(ctx)
		require.ErrorIs(t, err, context.Canceled, "without a token")
		time.Sleep(time.Second)
		got, err := c.Token(ctx)
		require.NoError(t, err, "a token that is there is served")
		assert.Equal(t, "token-1", got.Token)
	})
}

func TestCanceledCallerStartsNothing(t *testing.T) {
	i := &issuer{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := token.New(i.fetch, nil).Token(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, i.requests())
}

// A value may be more than a name for a trace: with azcore's
// policy.WithCaptureResponse it is where the response, and so the token, is
// written to. What one caller sets must not apply to the request of all.
func TestTheRequestCarriesNoValuesOfItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		i := &issuer{}
		i.set(func(ctx context.Context, n int, _ bool) (azcore.AccessToken, error) {
			assert.Nil(t, ctx.Value(key{}))
			_, limited := ctx.Deadline()
			assert.True(t, limited)
			return i.issue(n), nil
		})
		c := token.New(i.fetch, nil)
		ctx := context.WithValue(t.Context(), key{}, "value")
		_, err := c.Token(ctx) // for the first token
		require.NoError(t, err)
		time.Sleep(time.Hour - 4*time.Minute)
		_, err = c.Token(ctx) // in the advisory window
		require.NoError(t, err)
		synctest.Wait()
		time.Sleep(time.Hour - 10*time.Second)
		_, err = c.Token(ctx) // in the mandatory window
		require.NoError(t, err)
		assert.Equal(t, 3, i.requests())
	})
}

func TestRequestTimeout(t *testing.T) {
	for _, row := range []struct {
		name    string
		options *token.Options
		limit   time.Duration
	}{
		{"default", nil, 30 * time.Second},
		{"negative is the default", &token.Options{RequestTimeout: -1}, 30 * time.Second},
		{"set", &token.Options{RequestTimeout: 7 * time.Second}, 7 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				i.hang()
				began := time.Now()
				_, err := token.New(i.fetch, row.options).Token(t.Context())
				require.ErrorIs(t, err, context.DeadlineExceeded, "although the credential hides it")
				require.ErrorContains(t, err, "hidden cause")
				assert.Equal(t, row.limit, time.Since(began))
			})
		})
	}
}

func TestCredentialThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.set(func(_ context.Context, n int, _ bool) (azcore.AccessToken, error) {
			time.Sleep(5 * time.Minute)
			return i.issue(n), nil
		})
		c := token.New(i.fetch, nil)
		began := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 31*time.Second, time.Since(began), "its callers do not hang with it")
		wantError(t, c, context.DeadlineExceeded)
		time.Sleep(5 * time.Minute)
		want(t, c, "token-1")
		assert.Equal(t, 1, i.requests(), "never two calls at once")
	})
}

// Real threads, real clock: the race detector's view of everything at once.
func TestThousandCallersAtOnce(t *testing.T) {
	i := &issuer{life: time.Second}
	var g token.Group[string]
	create := func() *token.Cache { return token.New(i.fetch, nil) }
	var wg sync.WaitGroup
	for n := range 1000 {
		wg.Go(func() {
			h := g.Open("key", create, func(passwordless.Event) {})
			defer h.Close()
			for range 20 {
				got, err := h.Token(t.Context())
				if !assert.NoError(t, err) || !assert.NotEmpty(t, got.Token) {
					return
				}
				switch n % 10 {
				case 0:
					h.Invalidate(got.Token)
				case 1:
					h.Refused(got.Token)
				case 2:
					h.SetActive(false)
					_ = h.Stats()
				}
			}
		})
	}
	wg.Wait()
}

func TestACachePrintsNoToken(t *testing.T) {
	const canary = "eyJcanary"
	tokens := []string{canary, canary + "2"}
	c := token.New(func(context.Context, bool) (azcore.AccessToken, error) {
		next := tokens[0]
		tokens = tokens[1:]
		return azcore.AccessToken{Token: next, ExpiresOn: time.Now().Add(time.Hour)}, nil
	}, nil)
	for range 2 { // one current, one invalidated
		held, err := c.Token(t.Context())
		require.NoError(t, err)
		printed := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, struct{ *token.Cache }{c})
		assert.NotContains(t, printed, canary)
		c.Invalidate(held.Token)
	}
	var group token.Group[string]
	h := group.Open("k", func() *token.Cache { return c }, nil)
	defer func() { assert.NoError(t, h.Close()) }()
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", h, h, &group), canary)
}
