package token_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

// create makes a cache of the issuer, for Group.Open.
func (i *issuer) create() *token.Cache { return token.New(i.fetch, nil) }

func TestGroupShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		one, two := &issuer{}, &issuer{}
		for n := range 10000 {
			h := g.Open("one", one.create, nil)
			want(t, h, "token-1")
			defer h.Close()
			if n == 9999 {
				assert.Equal(t, 10000, h.Stats().Handles)
			}
		}
		other := g.Open("two", two.create, nil)
		defer other.Close()
		want(t, other, "token-1")
		assert.Equal(t, 1, one.requests())
		assert.Equal(t, 1, two.requests(), "other keys have their own")
	})
}

func TestRenewalAheadOfNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", i.create, nil)
		want(t, h, "token-1")
		time.Sleep(time.Hour - 4*time.Minute - 50*time.Second - 1)
		assert.Equal(t, 1, i.requests())
		time.Sleep(31 * time.Second)
		assert.Equal(t, 2, i.requests())
		time.Sleep(20 * time.Hour)
		n := i.requests()
		assert.InDelta(t, 23, n, 1, "one per token life")
		_, err := h.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, n, i.requests(), "a token is ready")

		time.Sleep(48 * time.Hour)
		assert.InDelta(t, n+26, i.requests(), 1, "renewal stops after a day without use")
		n = i.requests()
		_, err = h.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Hour)
		assert.Equal(t, n+2, i.requests(), "and goes on once it is used again")
		require.NoError(t, h.Close())
	})
}

func TestRenewalAheadOfNeedRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{life: 12 * time.Hour}
		h := g.Open("key", i.create, nil)
		defer h.Close()
		want(t, h, "token-1")
		time.Sleep(12*time.Hour - 5*time.Minute)
		i.fail()
		time.Sleep(4 * time.Minute)
		n := i.requests()
		assert.Greater(t, n, 5)
		assert.Less(t, n, 40)
		time.Sleep(2 * time.Minute)
		i.heal()
		time.Sleep(5 * time.Minute)
		n = i.requests()
		want(t, h, i.issue(n).Token)
		assert.Equal(t, n, i.requests(), "after the expiry too")
	})
}

func TestNoRenewalAheadOfNeed(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(*testing.T, *token.Handle)
	}{
		{"closed", func(t *testing.T, h *token.Handle) {
			require.NoError(t, h.Close())
			require.NoError(t, h.Close(), "Close is idempotent")
			h.SetActive(true)
		}},
		{"inactive", func(_ *testing.T, h *token.Handle) {
			h.SetActive(false)
			h.SetActive(false)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var g token.Group[string]
				i := &issuer{}
				h, other := g.Open("key", i.create, nil), g.Open("key", i.create, nil)
				want(t, h, "token-1")
				row.end(t, other)
				time.Sleep(time.Hour)
				require.Equal(t, 2, i.requests(), "the other handle is still active")
				row.end(t, h)
				time.Sleep(12 * time.Hour)
				require.Equal(t, 2, i.requests())
				want(t, h, "token-3")
				want(t, other, "token-3")
				time.Sleep(time.Hour)
				require.Equal(t, 3, i.requests(), "lazily only")
			})
		})
	}
}

func TestActiveAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", i.create, nil)
		defer h.Close()
		h.SetActive(false)
		want(t, h, "token-1")
		time.Sleep(2 * time.Hour)
		assert.Equal(t, 1, i.requests())
		h.SetActive(true)
		synctest.Wait()
		time.Sleep(time.Second)
		assert.Equal(t, 2, i.requests(), "what is overdue is done at once")
	})
}

func TestClosedHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		a := g.Open("key", i.create, nil)
		want(t, a, "token-1")
		require.NoError(t, a.Close())
		assert.Zero(t, a.Stats().Handles)

		b := g.Open("key", i.create, nil)
		want(t, b, "token-1")
		assert.Equal(t, 1, a.Stats().Handles)
		require.NoError(t, b.Close())

		c := g.Open("key", i.create, nil)
		a.Invalidate("token-1")
		want(t, c, "token-2")
		want(t, a, "token-2")
		want(t, b, "token-2")
		assert.Equal(t, 2, i.requests(), "closed handles share with the open one")
		require.NoError(t, c.Close())
	})
}

// A driver that database/sql opens by name opens and closes a handle for each
// connection.
func TestOpenAndCloseForEachConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		first := g.Open("key", i.create, nil)
		for range 100 {
			h := g.Open("key", i.create, nil)
			want(t, h, "token-1")
			require.NoError(t, h.Close())
			require.NoError(t, first.Close())
		}
		assert.Equal(t, 1, i.requests())
		runtime.KeepAlive(first) // so that the collector does not take the cache
	})
}

func TestOneRequestAcrossCloseAndOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		i.set(i.after(3 * time.Second))
		a := g.Open("key", i.create, nil)
		began := time.Now()
		result := wait(t.Context(), a)
		time.Sleep(time.Second)
		require.NoError(t, a.Close())

		b := g.Open("key", i.create, nil)
		got, err := b.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", got.Token)
		assert.Equal(t, 3*time.Second, time.Since(began))
		require.NoError(t, <-result)
		require.NoError(t, b.Close())
		assert.Equal(t, 1, i.requests())
	})
}

func TestNoTimerIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[int]
		i := &issuer{}
		for n := range 50 {
			h := g.Open(n, i.create, nil)
			_, err := h.Token(t.Context())
			require.NoError(t, err)
			require.NoError(t, h.Close())
		}
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		assert.Equal(t, 50, i.requests())
	})
}
