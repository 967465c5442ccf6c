package token_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

// login is one whose server finds every token expired.
func login(t *testing.T, s interface {
	source
	Invalidate(string)
}) {
	t.Helper()
	got, err := s.Token(t.Context())
	require.NoError(t, err)
	s.Invalidate(got.Token)
}

// A server whose clock is ahead finds every token expired, and the issuer gives
// a new one each time.
func TestServerThatFindsEveryTokenExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 24 * time.Hour}
		c := token.New(i.fetch, nil)
		for range 1200 {
			login(t, c)
			time.Sleep(time.Second)
		}
		// The first one and three at once; then 1, 2, 4, ... 256, 512 s after the
		// latest answer.
		assert.Equal(t, 1+3+10, i.requests(), "in 20 minutes")
		for range 6 * 3600 {
			login(t, c)
			time.Sleep(time.Second)
		}
		assert.InDelta(t, 1+3+10+36, i.requests(), 1, "then every 10 minutes")
		assert.True(t, i.latestForced())
	})
}

func TestServerThatFindsEveryTokenExpiredAmongHealthyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{life: 24 * time.Hour}
		i.set(i.after(time.Second))
		sick, healthy := g.Open("key", i.create, nil), g.Open("key", i.create, nil)
		var waited time.Duration
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 1200 {
				login(t, sick)
				time.Sleep(time.Second)
			}
		})
		wg.Go(func() {
			for end := time.Now().Add(20 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				began := time.Now()
				_, err := healthy.Token(t.Context())
				assert.NoError(t, err)
				waited += time.Since(began)
			}
		})
		wg.Wait()
		assert.Less(t, waited, 15*time.Second)
		require.NoError(t, sick.Close())
		require.NoError(t, healthy.Close())
	})
}

func TestInvalidationsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 24 * time.Hour}
		c := token.New(i.fetch, nil)
		for range 600 {
			login(t, c)
			time.Sleep(time.Second)
		}
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		n := i.requests()
		time.Sleep(20 * time.Minute)
		for range 4 {
			login(t, c)
		}
		_, err = c.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, n+3, i.requests())
	})
}

// A token that comes again leaves no hope for another: Invalidate is not called
// three times before it pauses, but the pauses grow too.
func TestServerThatFindsTheSameTokenExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 24 * time.Hour}
		i.set(always(i.issue(1)))
		c := token.New(i.fetch, nil)
		for range 1200 {
			login(t, c)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1+1+10, i.requests())
	})
}

// Many threads invalidate and fetch at once. A discarded token is not served again
// before Invalidate pauses, which it does after the third.
func TestInvalidateUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.cached()
		c := token.New(i.fetch, nil)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				for range 100 {
					before, err := c.Token(t.Context())
					if !assert.NoError(t, err) {
						return
					}
					c.Invalidate(before.Token)
					after, err := c.Token(t.Context())
					if !assert.NoError(t, err) {
						return
					}
					if before.Token == after.Token && !assert.Equal(t, "token-4", after.Token) {
						return
					}
				}
			})
		}
		wg.Wait()
		assert.Equal(t, 4, i.requests())
	})
}
