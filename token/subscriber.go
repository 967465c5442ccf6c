package token

import (
	"time"
	"weak"

	"github.com/azuredb/passwordless"
)

// subscriber is what a cache knows of an open handle, which it must not keep alive.
type subscriber struct {
	handle weak.Pointer[Handle]
	active bool // guarded by Cache.mu
}

func (c *Cache) subscribe(s *subscriber) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subscribers == nil {
		c.subscribers = make(map[*subscriber]struct{})
	}
	c.subscribers[s] = struct{}{}
	c.active++
	c.schedule(time.Now().UnixNano())
}

// unsubscribe reports whether the subscriber was there. The timer and the request, which
// look for handles themselves, stay: those of a testing/synctest bubble must not be
// touched by the goroutine that cleans up after a collected handle.
func (c *Cache) unsubscribe(s *subscriber) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.subscribers[s]; !open {
		return false
	}
	delete(c.subscribers, s)
	if s.active {
		c.active--
	}
	return true
}

// closeSubscriber removes the subscriber, and stops the timer and request that only it needs.
func (c *Cache) closeSubscriber(s *subscriber) {
	if !c.unsubscribe(s) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelUnused(c.request)
	c.schedule(time.Now().UnixNano())
}

func (c *Cache) setActive(s *subscriber, active bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.subscribers[s]; !open || s.active == active {
		return
	}
	s.active = active
	if active {
		c.active++
	} else {
		c.active--
	}
	c.schedule(time.Now().UnixNano())
}

// report queues an event. mu is held.
func (c *Cache) report(kind passwordless.EventKind, now int64, took time.Duration) {
	if kind == 0 || len(c.subscribers) == 0 {
		return
	}
	s := c.current.Load()
	c.events = append(c.events, passwordless.Event{
		Kind: kind, Time: wall(now), Duration: took,
		ExpiresOn: wall(s.expires), RefreshOn: wall(s.refreshAt), Err: c.stats.LastError,
	})
}

// deliver calls the observers in the order of the events, unless another goroutine does.
func (c *Cache) deliver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.delivering {
		return
	}
	c.delivering = true
	defer func() { c.delivering = false }() // also if an observer ends the goroutine
	for len(c.events) > 0 {
		event := c.events[0]
		c.events = c.events[1:]
		c.notify(event)
	}
	c.events = nil
}

// notify calls the observers of the open handles without the lock. mu is held.
func (c *Cache) notify(event passwordless.Event) {
	var observers []func(passwordless.Event)
	for s := range c.subscribers {
		if h := s.handle.Value(); h != nil && h.observe != nil {
			observers = append(observers, h.observe)
		}
	}
	c.mu.Unlock()
	defer c.mu.Lock()
	for _, observe := range observers {
		observe(event)
	}
}
