package token

import (
	"time"
	"weak"
)

const (
	idleTimeout = 24 * time.Hour   // how long after the last use the timer renews the token
	maxTimer    = 10 * time.Minute // read the clock at least that often: timers stand still while a machine is suspended
	// The pause after a failed renewal doubles from firstRetry up to a tenth of the
	// token's remaining life, but at least minRetry and at most maxRetry.
	firstRetry, minRetry, maxRetry = time.Second, 5 * time.Second, 5 * time.Minute
)

// refreshTime is when the next renewal may start. mu is held.
func (c *Cache) refreshTime(refreshAt, now int64) int64 {
	switch {
	case c.failures == 0:
		return refreshAt
	case now < c.failedAt:
		return now // the clock was set back: do not wait until it has caught up
	default:
		return c.retryAt
	}
}

// advisoryAt is when a caller may start a renewal. While there is a timer it is no earlier
// than that: the callers of processes that started together would renew together. mu is held.
func (c *Cache) advisoryAt(s *state) int64 {
	if c.active > 0 {
		return s.refreshAtJittered
	}
	return s.refreshAt
}

// nextTimer is when the timer should start a renewal, or 0 if never. mu is held.
func (c *Cache) nextTimer(now int64) int64 {
	s := c.current.Load()
	if c.active == 0 || c.o.OnDemand || c.request != nil || s.token.Token == "" || now-c.lastUse >= int64(idleTimeout) {
		return 0
	}
	return c.refreshTime(s.refreshAtJittered, now)
}

// schedule sets the timer for the next renewal, or stops it. mu is held.
func (c *Cache) schedule(now int64) {
	at := c.nextTimer(now)
	if at == c.timerAt {
		return
	}
	c.stopTimer()
	if at == 0 {
		return
	}
	c.timerAt = at
	w := weak.Make(c) // the timer must not keep a dropped cache alive
	c.timer = time.AfterFunc(time.Duration(min(max(0, at-now), int64(maxTimer))), func() {
		if c := w.Value(); c != nil {
			c.onTimer()
		}
	})
}

// stopTimer stops the timer. mu is held.
func (c *Cache) stopTimer() {
	c.timerAt = 0
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// onTimer starts the renewal if it is due, and sets the timer again.
func (c *Cache) onTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UnixNano()
	c.stopTimer()
	if at := c.nextTimer(now); at != 0 && now >= at {
		c.start()
		c.updateFastPath(now)
	}
	c.schedule(now)
}

// backoff is the pause after the given number of failures in a row.
func backoff(failures int, s *state, now int64) time.Duration {
	limit := maxRetry
	if s.valid(now) {
		limit = min(maxRetry, max(minRetry, time.Duration(s.expires-now)/10))
	}
	return jitter(min(limit, firstRetry<<min(failures-1, 16)))
}

// jitter is between half of d and d.
func jitter(d time.Duration) time.Duration { return d/2 + time.Duration(random()*float64(d/2+1)) }
