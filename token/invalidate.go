package token

import "time"

const (
	// freeDrops is how many tokens in a row Invalidate drops without a pause.
	freeDrops = 3
	// The pause after the last of them is dropPause, and doubles with each further
	// one up to dropPauseMost.
	dropPause, dropPauseMost = time.Second, 10 * time.Minute
	// dropsForgotten is how long after the latest of them they count.
	dropsForgotten = 20 * time.Minute
	// refusedPause is how often a token is renewed because a server refused it.
	refusedPause = 10 * time.Minute
)

// drops are the tokens in a row that Invalidate has dropped.
type drops struct {
	latest   string // a token that no cache may bring back
	number   int    // how many have been replaced
	replaced int64  // when the latest answer came
}

// paused reports whether no further token is dropped for the time being.
func (d *drops) paused(now int64) bool {
	if d.number < freeDrops {
		return false
	}
	return within(now, d.replaced, min(dropPauseMost, dropPause<<min(d.number-freeDrops, 16)))
}

// answer notes the token that came in place of the one dropped.
func (d *drops) answer(token string, now int64) EventKind {
	d.number, d.replaced = d.number+1, now
	if token != d.latest {
		return Fetched
	}
	d.number = max(d.number, freeDrops) // there is no other to be had
	return Unchanged
}

// Invalidate drops the token if it is still the one held, and makes the next
// request a fresh one. Call it only if a server said that the token has expired.
//
// A server with a wrong clock says so of every token, and while a new one is
// fetched all users wait. Therefore, once three tokens in a row have been dropped
// and replaced, or a fresh request has brought the very token that was dropped,
// Invalidate does nothing, and the token goes on being served, until 1 s after the
// latest answer. This pause doubles with each further drop up to 10 min. 20 min
// after the latest answer the drops are forgotten.
func (c *Cache) Invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, now := c.current.Load(), time.Now().UnixNano()
	if token == "" || s.token.Token != token {
		return
	}
	if !within(now, c.drops.replaced, dropsForgotten) {
		c.drops.number = 0
	}
	if c.drops.paused(now) {
		return
	}
	c.drops.latest, c.fresh = token, true
	c.failedAt = 0 // a failure that is remembered was not that of a fresh request
	c.current.Store(&state{})
	c.arm(now)
}

// Refused says that a server refused a login with this token for a reason other
// than expiry. Roles and groups change, so one fresh request is made in the
// background, at most every 10 minutes, while the token goes on being served: a
// misspelt user name is refused with every new token too. If the same token comes
// back nothing changes. Refused does nothing for a token that is not held, while
// a request is under way or requests are failing, and with [Options].OnDemand.
func (c *Cache) Refused(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, now := c.current.Load(), time.Now().UnixNano()
	switch {
	case token == "" || s.token.Token != token || !s.valid(now):
		return
	case c.o.OnDemand || c.flight != nil || c.failures > 0:
		return
	case within(now, c.refusedAt, refusedPause):
		return
	}
	c.refusedAt, c.fresh = now, true
	c.start().kept = true
	c.publish(now)
	c.arm(now)
}
