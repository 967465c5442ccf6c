package token

import (
	"runtime"
	"sync"
	"weak"
)

// Group shares one [Cache] among the handles that are opened with equal keys. The
// zero Group is ready for use, by any number of goroutines at once.
//
// A Group holds its caches weakly: the open handles hold them. A cache is
// forgotten when the last of its handles is closed, or collected with them if
// they are dropped without Close. A closed handle that is used again offers its
// cache to the group once more.
type Group[K comparable] struct {
	mu     sync.Mutex // guards caches; taken before Cache.mu
	caches map[K]weak.Pointer[Cache]
}

// Open returns a handle on the cache of the key. If there is none, it is what
// create returns: a cache of [New] that nothing else refers to. The group is
// locked meanwhile, so create must not call it.
//
// observe, which may be nil, receives the events of the cache while the handle is
// open: one at a time, in order, from a goroutine of the cache, without a lock.
// It may use the handle, but should return soon, since later events wait for it.
// A panic in it is not recovered.
func (g *Group[K]) Open(key K, create func() *Cache, observe func(Event)) *Handle {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := place[K]{g, key}
	c := g.caches[key].Value()
	if c == nil {
		c = create()
		p.put(c)
		runtime.AddCleanup(c, p.remove, weak.Make(c))
	}
	h := &Handle{home: p, observe: observe}
	h.cache.Store(c)
	h.last.Store(c)
	h.lease = &lease{handle: weak.Make(h), active: true}
	c.join(h.lease)
	runtime.AddCleanup(h, p.drop, dropped{weak.Make(c), h.lease})
	return h
}

// place is a key of a group, for handles, which do not know its type.
type place[K comparable] struct {
	group *Group[K]
	key   K
}

// put makes c the cache of the key. The group is locked.
func (p place[K]) put(c *Cache) {
	if p.group.caches == nil {
		p.group.caches = make(map[K]weak.Pointer[Cache])
	}
	p.group.caches[p.key] = weak.Make(c)
}

// share returns the cache of the key, which becomes c if there is none.
func (p place[K]) share(c *Cache) *Cache {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if held := p.group.caches[p.key].Value(); held != nil {
		return held
	}
	p.put(c)
	return c
}

// leave ends a lease, and forgets the cache if it was the last.
func (p place[K]) leave(c *Cache, l *lease) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if c.leave(l) && p.group.caches[p.key] == weak.Make(c) {
		delete(p.group.caches, p.key)
	}
}

// remove forgets a cache that has been collected.
func (p place[K]) remove(w weak.Pointer[Cache]) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if p.group.caches[p.key] == w {
		delete(p.group.caches, p.key)
	}
}

// dropped is what is left of a handle that was collected.
type dropped struct {
	cache weak.Pointer[Cache] // weak: a FetchFunc may lead back to the handle
	lease *lease
}

// drop ends the lease of a handle that was collected. It leaves the timer alone:
// that looks for active handles when it fires, and inside a testing/synctest
// bubble it must not be touched from a cleanup's goroutine.
func (p place[K]) drop(d dropped) {
	if c := d.cache.Value(); c != nil {
		p.leave(c, d.lease)
	}
}
