package token

import (
	"math/rand/v2"
	"time"
	"weak"
)

const (
	// idle is how long after the last use renewal ahead of need goes on.
	idle = 24 * time.Hour
	// nap is the longest the timer sleeps. Timers do not count the time that a
	// machine is suspended, so the wall clock is looked at more often than that;
	// and it bounds the life of the timer of a cache that was dropped.
	nap = 10 * time.Minute
	// The pause after a failed renewal doubles from retryFirst up to a tenth of
	// the life that the token has left, but at least retryLeast and at most
	// retryMost.
	retryFirst, retryLeast, retryMost = time.Second, 5 * time.Second, 5 * time.Minute
	// startupPause and startupPauseMost bound the pause while an issuer starts.
	startupPause, startupPauseMost = 100 * time.Millisecond, 2 * time.Second
)

// ahead is when the timer should start a renewal: 0 if it should not, because no
// open handle is active, nobody has used the token for a day, a request is under
// way, or there is nothing to renew. mu is held.
func (c *Cache) ahead(now int64) int64 {
	s := c.current.Load()
	switch {
	case c.active == 0, c.o.OnDemand, c.flight != nil, s.token.Token == "", now-c.lastUse >= int64(idle):
		return 0
	case c.failures > 0:
		return c.retryAt
	default:
		return s.ahead
	}
}

// arm sets the timer for the next renewal ahead of need, or stops it. mu is held.
func (c *Cache) arm(now int64) {
	at := c.ahead(now)
	if at == c.planned {
		return
	}
	c.disarm()
	if at == 0 {
		return
	}
	c.planned = at
	w := weak.Make(c) // the timer must not keep a cache that nobody holds
	c.timer = time.AfterFunc(time.Duration(min(max(0, at-now), int64(nap))), func() {
		if c := w.Value(); c != nil {
			c.tick()
		}
	})
}

// disarm stops the timer. mu is held.
func (c *Cache) disarm() {
	c.planned = 0
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// tick is the timer's: it starts the renewal if it is due, and sets the timer again.
func (c *Cache) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UnixNano()
	c.disarm()
	if at := c.ahead(now); at != 0 && now >= at {
		c.start()
		c.publish(now)
	}
	c.arm(now)
}

// backoff is the pause after the given number of failures in a row.
func backoff(failures int, s *state, now int64) time.Duration {
	most := retryMost
	if s.valid(now) {
		most = min(retryMost, max(retryLeast, time.Duration(s.expires-now)/10))
	}
	return jitter(min(most, retryFirst<<min(failures-1, 16)))
}

// jitter is between half of d and d.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}
