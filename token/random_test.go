package token

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
)

var errStarting = errors.New("connection refused")

// randomUse is two hours of a cache with an unreliable issuer: whatever can happen
// does so at random, and what the cache promises is checked at each step.
type randomUse struct {
	t           *testing.T
	group       Group[string]
	cache       *Cache
	issued      azcore.AccessToken // the latest
	calls       atomic.Int32       // of fetch, in progress
	invalidated atomic.Int32
}

// fetch answers in one of the ways in which credentials do.
func (u *randomUse) fetch(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
	assert.EqualValues(u.t, 1, u.calls.Add(1), "one call at a time")
	defer u.calls.Add(-1)
	select {
	case <-time.After(time.Duration(rand.IntN(3)*rand.IntN(40000)) * time.Millisecond):
	case <-ctx.Done():
		if rand.IntN(4) > 0 {
			return azcore.AccessToken{}, ctx.Err()
		}
		time.Sleep(rand.N(40 * time.Second)) // it ignores its context
	}
	return u.answer(forceRefresh)
}

func (u *randomUse) answer(forceRefresh bool) (azcore.AccessToken, error) {
	a := azcore.AccessToken{
		Token:     fmt.Sprint(time.Now().UnixNano()),
		ExpiresOn: time.Now().Add(time.Duration(10+rand.IntN(2000)) * time.Second),
	}
	switch rand.IntN(12) {
	case 0:
		return azcore.AccessToken{}, errStarting
	case 1:
		return azcore.AccessToken{}, assert.AnError
	case 2:
		runtime.Goexit()
	case 3:
		panic("a bug")
	case 4:
		a.ExpiresOn = time.Now()
	case 5, 6:
		if !forceRefresh {
			return u.issued, nil
		}
	case 7, 8:
		a.RefreshOn = time.Now().Add(time.Duration(rand.IntN(2000)-100) * time.Second)
	}
	u.issued = a
	return a, nil
}

// call is one login.
func (u *randomUse) call(ctx context.Context) {
	limit := time.Duration(1+rand.IntN(50000)) * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began, invalidated := time.Now(), u.invalidated.Load()
	before := u.cache.current.Load()
	a, err := u.cache.Token(ctx)
	waited := time.Since(began)
	assert.LessOrEqual(u.t, waited, limit)
	if err == nil {
		assert.True(u.t, a.ExpiresOn.After(time.Now()), "an expired token was served")
	}
	if before.valid(time.Now().UnixNano()) && u.invalidated.Load() == invalidated {
		assert.LessOrEqual(u.t, waited, maxWait)
		assert.True(u.t, err == nil || ctx.Err() != nil, "an error although there was a token: %v", err)
	}
	switch held := u.cache.current.Load().token.Token; rand.IntN(20) {
	case 0:
		u.cache.Invalidate(held)
		u.invalidated.Add(1)
	case 1:
		u.cache.Refused(held)
	}
}

// use opens and closes handles, and calls in between.
func (u *randomUse) use() {
	for end := time.Now().Add(2 * time.Hour); time.Now().Before(end); {
		h := u.group.Open("key", func() *Cache { return u.cache }, func(passwordless.Event) { time.Sleep(rand.N(time.Second)) })
		var calls sync.WaitGroup
		for range rand.IntN(10) {
			calls.Go(func() {
				time.Sleep(rand.N(2 * time.Minute))
				u.call(u.t.Context())
			})
			h.SetActive(rand.IntN(2) == 0)
		}
		if rand.IntN(2) == 0 {
			calls.Wait()
		}
		time.Sleep(rand.N(time.Minute))
		assert.NoError(u.t, h.Close())
		calls.Wait()
		if rand.IntN(4) == 0 {
			time.Sleep(rand.N(10 * time.Minute))
		}
	}
}

func TestRandomUse(t *testing.T) {
	for n := range 25 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &randomUse{t: t}
				u.cache = New(u.fetch, &Options{OnDemand: n%5 == 4, NotReady: func(err error) bool { return errors.Is(err, errStarting) }})
				var users sync.WaitGroup
				for range 1 + rand.IntN(4) {
					users.Go(u.use)
				}
				users.Wait()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				c := u.cache
				c.mu.Lock()
				defer c.mu.Unlock()
				assert.Zero(t, u.calls.Load())
				assert.Nil(t, c.request)
				assert.Nil(t, c.timer)
				assert.Zero(t, c.active)
				assert.Empty(t, c.subscribers)
				assert.Empty(t, c.events)
				runtime.KeepAlive(&u.group)
			})
		})
	}
}
