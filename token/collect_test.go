package token

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
)

func anHour(context.Context, bool) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// collected runs the collector until the condition holds.
func collected(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for range 1000 {
		runtime.GC()
		if condition() {
			return
		}
		runtime.Gosched()
	}
	require.Fail(t, "not collected", what)
}

func (g *Group[K]) size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.caches)
}

// owner stands for a connection: it holds the handle, and the handle's observer
// refers to it.
type owner struct {
	handle *Handle
	events int
}

func open(t *testing.T, g *Group[string], key string, create func() *Cache) *owner {
	t.Helper()
	o := &owner{}
	o.handle = g.Open(key, create, func(passwordless.Event) { o.events++ })
	_, err := o.handle.Token(t.Context())
	require.NoError(t, err)
	return o
}

func TestDroppedHandlesAreCollected(t *testing.T) {
	var g Group[string]
	for n := range 50 {
		open(t, &g, string(rune('a'+n)), func() *Cache { return New(anHour, nil) })
	}
	collected(t, "caches of the group", func() bool { return g.size() == 0 })
}

// A handle whose observer refers to it must not be kept alive by the cache that it
// shares with a handle that lives.
func TestDroppedHandleOfASharedCache(t *testing.T) {
	var g Group[string]
	create := func() *Cache { return New(anHour, nil) }
	kept := open(t, &g, "key", create)
	for range 50 {
		open(t, &g, "key", create)
	}
	assert.LessOrEqual(t, kept.handle.Stats().Handles, 51)
	collected(t, "handles", func() bool { return kept.handle.Stats().Handles == 1 })
	c := kept.handle.cache
	c.mu.Lock()
	assert.Equal(t, 1, c.active)
	assert.NotNil(t, c.timer, "the one that is left goes on")
	c.mu.Unlock()
	require.NoError(t, kept.handle.Close())
	assert.Nil(t, c.timer)
	assert.Equal(t, 1, g.size(), "as long as someone has it")
	runtime.KeepAlive(kept)
	collected(t, "the cache", func() bool { return g.size() == 0 })
}

// A FetchFunc should not lead back to the handle, but if it does, and no other
// handle lives, all of it is still collected.
func TestFetchThatLeadsBackToTheHandle(t *testing.T) {
	var g Group[string]
	func() {
		o := &owner{}
		o.handle = g.Open("key", func() *Cache {
			return New(func(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
				o.events++
				return anHour(ctx, forceRefresh)
			}, nil)
		}, nil)
		_, err := o.handle.Token(t.Context())
		require.NoError(t, err)
	}()
	collected(t, "the cache", func() bool { return g.size() == 0 })
}

func TestTimerOfADroppedCacheEnds(t *testing.T) {
	c := New(anHour, nil)
	c.subscribe(&subscriber{active: true})
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	c.mu.Lock()
	require.NotNil(t, c.timer)
	c.active = 0 // as a collected handle leaves it
	c.mu.Unlock()
	c.onTimer()
	assert.Nil(t, c.timer)
}

func TestClosedHandleIsCollected(t *testing.T) {
	var g Group[string]
	func() {
		o := open(t, &g, "key", func() *Cache { return New(anHour, nil) })
		require.NoError(t, o.handle.Close())
		_, err := o.handle.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, g.size(), "a closed handle in use shares")
	}()
	collected(t, "the cache", func() bool { return g.size() == 0 })
}

// A cleanup may come late, when the key has another cache.
func TestRemoveOfAReplacedCache(t *testing.T) {
	var g Group[string]
	h := g.Open("key", func() *Cache { return New(anHour, nil) }, nil)
	g.remove("key", weak.Make(New(anHour, nil)))
	assert.Equal(t, 1, g.size())
	g.remove("key", weak.Make(h.cache))
	assert.Zero(t, g.size())
	require.NoError(t, h.Close())
}

func TestNoGoroutineIsLeft(t *testing.T) {
	var g Group[int]
	var handles []*Handle
	for n := range 50 {
		h := g.Open(n, func() *Cache { return New(anHour, nil) }, func(passwordless.Event) {})
		_, err := h.Token(t.Context())
		require.NoError(t, err)
		handles = append(handles, h)
	}
	ours := func() bool {
		buf := make([]byte, 1<<20)
		return strings.Contains(string(buf[:runtime.Stack(buf, true)]), "token.(*Cache).run")
	}
	for range 10000 {
		if !ours() {
			break
		}
		runtime.Gosched()
	}
	assert.False(t, ours(), "with open handles, while no request is in progress")
	for _, h := range handles {
		require.NoError(t, h.Close())
	}
	handles = nil
	collected(t, "caches of closed handles", func() bool { return g.size() == 0 })
}

// The handle is dropped during the start-up retries, and no one waits for them.
func TestDroppedHandleEndsTheStartupRetries(t *testing.T) {
	var g Group[string]
	synctest.Test(t, func(t *testing.T) {
		func() {
			h := g.Open("key", func() *Cache {
				return New(func(context.Context, bool) (azcore.AccessToken, error) {
					return azcore.AccessToken{}, assert.AnError
				}, &Options{NotReady: func(error) bool { return true }})
			}, nil)
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			defer leave()
			_, err := h.Token(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}()
		c := g.caches["key"].Value()
		require.NotNil(t, c, "the request holds it")
		collected(t, "the handle", func() bool { return c.Stats().Handles == 0 })
		n := c.Stats().Requests
		time.Sleep(time.Minute)
		assert.LessOrEqual(t, c.Stats().Requests, n+1)
	})
	collected(t, "the cache", func() bool { return g.size() == 0 })
}

// A cleanup runs outside of any bubble, where touching a timer of one ends the
// program.
func TestHandlesDroppedInABubble(t *testing.T) {
	var g Group[string]
	synctest.Test(t, func(t *testing.T) {
		create := func() *Cache { return New(anHour, nil) }
		open(t, &g, "alone", create)
		open(t, &g, "shared", create)
		kept := open(t, &g, "shared", create)
		collected(t, "handles", func() bool { return g.size() == 1 && kept.handle.Stats().Handles == 1 })
		time.Sleep(2 * maxTimer)
		runtime.KeepAlive(kept)
	})
	collected(t, "what the bubble left", func() bool { return g.size() == 0 })
}
