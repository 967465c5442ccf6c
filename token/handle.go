package token

import (
	"context"
	"sync/atomic"
	"time"
	"weak"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Handle is one user's share of a [Cache], made by [Group.Open]. While at least
// one active handle is open, and Token was called within the last 24 hours, the
// token is renewed ahead of need. All methods may be called by any number of
// goroutines at once.
type Handle struct {
	cache   atomic.Pointer[Cache] // nil once closed
	last    atomic.Pointer[Cache] // what to go on with after that
	lease   *lease
	observe func(Event)
	home    home
}

// home is where the handle's cache is shared: a [place] of any key type.
type home interface {
	share(*Cache) *Cache
	leave(*Cache, *lease)
}

// lease is an open handle in the eyes of its cache, which must not keep it.
type lease struct {
	handle weak.Pointer[Handle]
	active bool // guarded by Cache.mu
}

// Token is [Cache.Token] of the shared cache. On a closed handle it still works,
// and still shares with the other handles of the same key, but causes no renewal
// ahead of need.
func (h *Handle) Token(ctx context.Context) (azcore.AccessToken, error) {
	if c := h.cache.Load(); c != nil {
		return c.Token(ctx)
	}
	return h.shared().Token(ctx)
}

// Invalidate is [Cache.Invalidate] of the shared cache.
func (h *Handle) Invalidate(token string) { h.shared().Invalidate(token) }

// Refused is [Cache.Refused] of the shared cache.
func (h *Handle) Refused(token string) { h.shared().Refused(token) }

// Stats is [Cache.Stats] of the shared cache.
func (h *Handle) Stats() Stats { return h.shared().Stats() }

// SetActive says whether renewal ahead of need should go on for this handle. A
// handle is opened active. One that belongs to a pool without a close hook is
// made inactive while the pool has no connections. On a closed handle SetActive
// does nothing.
func (h *Handle) SetActive(active bool) {
	if c := h.cache.Load(); c != nil {
		c.setActive(h.lease, active)
	}
}

// Close ends this handle's renewal ahead of need and its events. It never waits:
// a request under way runs to its end. Later calls do nothing. The error is
// always nil.
func (h *Handle) Close() error {
	if c := h.cache.Swap(nil); c != nil {
		h.home.leave(c, h.lease)
		c.settle()
	}
	return nil
}

// shared is the cache of an open handle, or the one that a closed handle shares.
func (h *Handle) shared() *Cache {
	if c := h.cache.Load(); c != nil {
		return c
	}
	c := h.home.share(h.last.Load())
	h.last.Store(c)
	return c
}

// join adds an open handle.
func (c *Cache) join(l *lease) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leases == nil {
		c.leases = make(map[*lease]struct{})
	}
	c.leases[l] = struct{}{}
	c.active++
	c.arm(time.Now().UnixNano())
}

// leave removes an open handle and reports whether it was the last. It does not
// touch the timer, see settle.
func (c *Cache) leave(l *lease) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.leases[l]; !open {
		return false
	}
	delete(c.leases, l)
	if l.active {
		c.active--
	}
	return len(c.leases) == 0
}

// settle stops the timer if nobody needs it any more.
func (c *Cache) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arm(time.Now().UnixNano())
}

func (c *Cache) setActive(l *lease, active bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.leases[l]; !open || l.active == active {
		return
	}
	l.active = active
	if active {
		c.active++
	} else {
		c.active--
	}
	c.arm(time.Now().UnixNano())
}
