package token

import (
	"fmt"
	"time"
)

// EventKind says what happened in the life of a token.
type EventKind uint8

// The kinds of events. Of several that apply the later one is reported.
const (
	Fetched   EventKind = iota + 1 // a token arrived and none was valid before
	Renewed                        // a new token replaced one that was still valid
	Unchanged                      // the issuer answered with the same token
	Failed                         // requests have begun to fail; reported once
	Recovered                      // the first good answer after Failed
)

var eventNames = [...]string{Fetched: "fetched", Renewed: "renewed", Unchanged: "unchanged", Failed: "failed", Recovered: "recovered"}

// String returns the kind in lower case, such as "fetched".
func (k EventKind) String() string {
	if k == 0 || int(k) >= len(eventNames) {
		return fmt.Sprintf("EventKind(%d)", uint8(k))
	}
	return eventNames[k]
}

// Event is one step in the life of a token. It never holds the token.
type Event struct {
	Kind      EventKind
	Time      time.Time     // when the request ended
	Duration  time.Duration // of the request, without earlier ones in the start-up window
	ExpiresOn time.Time     // of the token held now; zero if there is none
	RefreshOn time.Time     // from when that may be renewed; zero if there is none
	Err       error         // of the request if Kind is Failed
}

// report puts an event in the queue. mu is held.
func (c *Cache) report(kind EventKind, now int64, took time.Duration) {
	if kind == 0 || len(c.leases) == 0 {
		return
	}
	s := c.current.Load()
	c.events = append(c.events, Event{
		Kind: kind, Time: wall(now), Duration: took,
		ExpiresOn: wall(s.expires), RefreshOn: wall(s.look), Err: c.lastErr,
	})
}

// deliver calls the observers, in the order of the events and without a lock. If
// another goroutine is at it, that one goes on with what is in the queue.
func (c *Cache) deliver() {
	c.mu.Lock()
	if c.delivering {
		c.mu.Unlock()
		return
	}
	c.delivering = true
	for len(c.events) > 0 {
		event := c.events[0]
		c.events = c.events[1:]
		observers := c.observers()
		c.mu.Unlock()
		for _, observe := range observers {
			observe(event)
		}
		c.mu.Lock()
	}
	c.events, c.delivering = nil, false
	c.mu.Unlock()
}

// observers lists those of the open handles. mu is held.
func (c *Cache) observers() []func(Event) {
	var list []func(Event)
	for l := range c.leases {
		if h := l.handle.Value(); h != nil && h.observe != nil {
			list = append(list, h.observe)
		}
	}
	return list
}
