package token

import (
	"context"
	"runtime"
	"sync"
	"weak"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
)

// Group shares one [Cache] among the handles that are opened with equal keys. The
// zero Group is ready for use and safe for concurrent use.
//
// A Group holds its caches weakly: they are kept by their handles, open or closed, and by
// a request in progress.
type Group[K comparable] struct {
	mu     sync.Mutex // guards caches; taken before Cache.mu
	caches map[K]weak.Pointer[Cache]
}

// Open returns a handle on the cache of the key. If there is none, it calls create,
// which returns a cache of [New] that nothing else refers to. The group is locked
// meanwhile, so create must not call it.
//
// observe, which may be nil, receives the events of the cache while the handle is open:
// one at a time, in order, from a goroutine of the cache, without a lock. It may use the
// handle. It should return soon: other handles get this and later events after it returns,
// though no token waits for it. An event may still arrive while the handle is closed. A
// panic in observe is not recovered.
func (g *Group[K]) Open(key K, create func() *Cache, observe func(passwordless.Event)) *Handle {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.caches[key].Value()
	if c == nil {
		c = create()
		if g.caches == nil {
			g.caches = make(map[K]weak.Pointer[Cache])
		}
		g.caches[key] = weak.Make(c)
		runtime.AddCleanup(c, func(was weak.Pointer[Cache]) { g.remove(key, was) }, weak.Make(c))
	}
	h := &Handle{cache: c, observe: observe}
	h.subscriber = &subscriber{handle: weak.Make(h), active: true}
	c.subscribe(h.subscriber)
	cache := weak.Make(c) // the cleanup must keep no cache alive, whose FetchFunc may refer to the handle
	runtime.AddCleanup(h, func(s *subscriber) {
		if c := cache.Value(); c != nil {
			c.unsubscribe(s)
		}
	}, h.subscriber)
	return h
}

// remove removes a cache that was collected, unless the key has another by now.
func (g *Group[K]) remove(key K, was weak.Pointer[Cache]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.caches[key] == was {
		delete(g.caches, key)
	}
}

// Handle is one user's share of a [Cache], made by [Group.Open]. It is safe for
// concurrent use.
type Handle struct {
	cache      *Cache
	subscriber *subscriber
	observe    func(passwordless.Event)
}

// Token is [Cache.Token] of the shared cache. On a closed handle it still works, but
// causes no renewal ahead of need. If no handle is open, a request is cancelled when the
// last caller stops waiting for it.
func (h *Handle) Token(ctx context.Context) (azcore.AccessToken, error) { return h.cache.Token(ctx) }

// Invalidate is [Cache.Invalidate] of the shared cache.
func (h *Handle) Invalidate(token string) { h.cache.Invalidate(token) }

// Refused is [Cache.Refused] of the shared cache.
func (h *Handle) Refused(token string) { h.cache.Refused(token) }

// Stats is [Cache.Stats] of the shared cache.
func (h *Handle) Stats() passwordless.Stats { return h.cache.Stats() }

// SetActive sets whether the token is renewed ahead of need for this handle, which is
// opened active. A request in progress is not cancelled. On a closed handle SetActive
// does nothing.
func (h *Handle) SetActive(active bool) { h.cache.setActive(h.subscriber, active) }

// Close ends this handle's events and renewal ahead of need. It never waits. If no other
// handle of the key is open, a request that no caller waits for is cancelled, unless
// Refused began it. The error is always nil, and later calls do nothing.
func (h *Handle) Close() error {
	h.cache.closeSubscriber(h.subscriber)
	return nil
}
