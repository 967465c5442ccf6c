package token

import (
	"context"
	"time"
	"weak"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Handle is one user's share of a [Cache], made by [Group.Open]. While at least
// one active handle is open, and Token was called within the last 24 hours, the
// token is renewed ahead of need. All methods may be called by any number of
// goroutines at once.
type Handle struct {
	cache   *Cache
	lease   *lease
	observe func(Event)
}

// lease is an open handle in the eyes of its cache, which must not keep it.
type lease struct {
	handle weak.Pointer[Handle]
	active bool // guarded by Cache.mu
}

// Token is [Cache.Token] of the shared cache. On a closed handle it still works,
// and still shares with the other handles of the same key, but causes no renewal
// ahead of need. If no handle is open, a request ends with the last caller that
// gives up waiting for it.
func (h *Handle) Token(ctx context.Context) (azcore.AccessToken, error) { return h.cache.Token(ctx) }

// Invalidate is [Cache.Invalidate] of the shared cache.
func (h *Handle) Invalidate(token string) { h.cache.Invalidate(token) }

// Refused is [Cache.Refused] of the shared cache.
func (h *Handle) Refused(token string) { h.cache.Refused(token) }

// Stats is [Cache.Stats] of the shared cache.
func (h *Handle) Stats() Stats { return h.cache.Stats() }

// SetActive says whether renewal ahead of need should go on for this handle. A
// handle is opened active. One that belongs to a pool without a close hook is
// made inactive while the pool has no connections. A request under way runs to its
// end. On a closed handle SetActive does nothing.
func (h *Handle) SetActive(active bool) { h.cache.setActive(h.lease, active) }

// Close ends this handle's renewal ahead of need and its events. It never waits.
// If no other handle of the key is open, a request that no caller waits for is
// cancelled, unless Refused began it; any other request under way runs to its end.
// Later calls do nothing.
// The error is always nil.
func (h *Handle) Close() error {
	h.cache.close(h.lease)
	return nil
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

// close removes an open handle, and what goes on only for it.
func (c *Cache) close(l *lease) {
	if !c.leave(l) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UnixNano()
	c.abandon(now)
	c.arm(now)
}

// leave removes an open handle, and reports whether it was one. It touches neither
// the timer nor the request under way: inside a testing/synctest bubble they must
// not be touched
// from the goroutine that cleans up after a handle that was collected. The timer
// looks for active handles when it fires, and the request before it is repeated.
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
	return true
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
