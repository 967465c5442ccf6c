package token_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/token"
)

// cached answers from its own cache unless the request is a forced refresh.
func (i *issuer) cached() {
	var held azcore.AccessToken
	i.set(func(_ context.Context, n int, forceRefresh bool) (azcore.AccessToken, error) {
		if held.Token == "" || forceRefresh {
			held = i.issue(n)
		}
		return held, nil
	})
}

func TestInvalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.cached()
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		c.Invalidate("another")
		c.Invalidate("")
		want(t, c, "token-1")
		assert.Equal(t, 1, i.requests())
		for range 1000 {
			c.Invalidate("token-1")
		}
		want(t, c, "token-2")
		c.Invalidate("token-1")
		want(t, c, "token-2")
		assert.Equal(t, 2, i.requests())
		assert.True(t, i.latestForced())
	})
}

func TestInvalidateIsFreshUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		c.Invalidate("token-1")
		i.fail()
		wantError(t, c, errIssuer)
		assert.True(t, i.latestForced())
		time.Sleep(time.Second)
		i.heal()
		want(t, c, "token-3")
		assert.True(t, i.latestForced())
		time.Sleep(time.Hour)
		want(t, c, "token-4")
		assert.False(t, i.latestForced())
	})
}

func TestInvalidateDuringARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		first := i.issue(1)
		i.set(func(_ context.Context, n int, forceRefresh bool) (azcore.AccessToken, error) {
			time.Sleep(time.Second)
			if forceRefresh {
				return i.issue(n), nil
			}
			return first, nil
		})
		c := token.New(i.fetch, nil)
		_, _ = c.Token(t.Context())
		time.Sleep(time.Hour - 4*time.Minute)
		want(t, c, "token-1") // starts a renewal
		synctest.Wait()
		c.Invalidate("token-1")
		got, err := c.Token(t.Context())
		assert.NoError(t, err)
		assert.Equal(t, "token-3", got.Token, "the renewal's answer from the issuer's cache was not taken")
		assert.Equal(t, 3, i.requests())
	})
}

func TestInvalidateOfATokenThatComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.set(always(i.issue(1)))
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				c.Invalidate("token-1")
				want(t, c, "token-1")
			})
		}
		wg.Wait()
		assert.Equal(t, 2, i.requests(), "a thousand refused logins are one request")
		assert.EqualValues(t, 1, c.Stats().Unchanged)
		time.Sleep(time.Second)
		c.Invalidate("token-1")
		want(t, c, "token-1")
		assert.Equal(t, 3, i.requests())
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.set(i.after(time.Second))
		for range 1000 {
			c.Refused("token-1")
			want(t, c, "token-1")
		}
		c.Refused("another")
		time.Sleep(2 * time.Second)
		want(t, c, "token-2")
		assert.Equal(t, 2, i.requests())
		assert.True(t, i.latestForced())
		c.Refused("token-1")
		synctest.Wait()
		assert.Equal(t, 2, i.requests(), "that one is not the current one")
		for range 500 {
			c.Refused("token-2")
			time.Sleep(time.Second)
		}
		assert.Equal(t, 2, i.requests(), "a new token that is refused too has to wait")
		time.Sleep(100 * time.Second)
		c.Refused("token-2")
		time.Sleep(2 * time.Second)
		want(t, c, "token-3")
	})
}

func TestRefusedWithTheSameAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 24 * time.Hour}
		answer := i.issue(1)
		answer.RefreshOn = time.Now().Add(12 * time.Hour)
		i.set(always(answer))
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		before := c.Stats()
		answer.RefreshOn = time.Time{}
		i.set(always(answer))
		for range 3600 {
			c.Refused("token-1")
			time.Sleep(time.Second)
		}
		want(t, c, "token-1")
		assert.Equal(t, 7, i.requests(), "one per 10 minutes")
		after := c.Stats()
		assert.Equal(t, before.ExpiresOn, after.ExpiresOn)
		assert.Equal(t, before.RefreshOn, after.RefreshOn, "nothing has changed")
		assert.Equal(t, before.ObtainedAt, after.ObtainedAt)
	})
}

func TestRefusedWhileTheIssuerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.fail()
		c.Refused("token-1")
		synctest.Wait()
		for range 100 {
			want(t, c, "token-1")
			c.Refused("token-1")
		}
		assert.Equal(t, 2, i.requests(), "it waits for its turn")
		i.heal()
		time.Sleep(time.Second)
		want(t, c, "token-1")
		synctest.Wait()
		want(t, c, "token-3")
		assert.True(t, i.latestForced(), "the retry is a forced refresh too")
	})
}
