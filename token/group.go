package token

import (
	"runtime"
	"sync"
	"weak"
)

// Group shares one [Cache] among the handles that are opened with equal keys. The
// zero Group is ready for use, by any number of goroutines at once.
//
// A Group holds its caches weakly: the handles hold them, open or closed, and so
// does a request under way. Until a cache is collected, a handle that is opened
// joins it, with its token and its request.
type Group[K comparable] struct {
	mu     sync.Mutex // guards caches; taken before Cache.mu
	caches map[K]weak.Pointer[Cache]
}

// Open returns a handle on the cache of the key. If there is none, it is what
// create returns: a cache of [New] that nothing else refers to. The group is
// locked meanwhile, so create must not call it.
//
// observe, which may be nil, receives the events of the cache while the handle is
// open: one at a time, in order, from a goroutine of the cache, without a lock. It
// may use the handle. It should return soon: this event to other handles of the
// key, and later events to all of them, wait for it, though no token does. An
// event that is on its way when the handle is closed may still arrive. A panic in
// observe is not recovered.
func (g *Group[K]) Open(key K, create func() *Cache, observe func(Event)) *Handle {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.caches[key].Value()
	if c == nil {
		c = create()
		if g.caches == nil {
			g.caches = make(map[K]weak.Pointer[Cache])
		}
		w := weak.Make(c)
		g.caches[key] = w
		runtime.AddCleanup(c, g.forget, entry[K]{key, w})
	}
	h := &Handle{cache: c, observe: observe}
	h.lease = &lease{handle: weak.Make(h), active: true}
	c.join(h.lease)
	runtime.AddCleanup(h, drop, dropped{weak.Make(c), h.lease})
	return h
}

// entry is what is left of a cache that was collected.
type entry[K comparable] struct {
	key   K
	cache weak.Pointer[Cache]
}

// forget removes a cache that was collected, unless the key has another by now.
func (g *Group[K]) forget(was entry[K]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.caches[was.key] == was.cache {
		delete(g.caches, was.key)
	}
}

// dropped is what is left of a handle that was collected.
type dropped struct {
	cache weak.Pointer[Cache] // weak: a FetchFunc may lead back to the handle
	lease *lease
}

// drop ends the lease of a handle that was collected.
func drop(d dropped) {
	if c := d.cache.Value(); c != nil {
		c.leave(d.lease)
	}
}
