package token

import (
	"crypto/sha256"
	"time"

	"github.com/azuredb/passwordless"
)

const (
	freeInvalidations = 3 // tokens in a row that Invalidate discards at once
	// The pause after the last of them doubles with each further one.
	firstPause, maxPause = time.Second, 10 * time.Minute
	invalidationTTL      = 20 * time.Minute // how long after the latest of them they count
	refusedInterval      = 10 * time.Minute // between two renewals by Refused
)

// invalidations are the tokens in a row that Invalidate has discarded.
type invalidations struct {
	latest     digest // of a token that no cache may bring back; zero if there is none
	count      int    // how many have been replaced
	replacedAt int64  // when the latest answer arrived
}

// digest stands for a token: a field with the token itself would be printed.
type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// paused reports whether no further token is discarded for the time being.
func (i *invalidations) paused(now int64) bool {
	return i.count >= freeInvalidations && within(now, i.replacedAt, min(maxPause, firstPause<<min(i.count-freeInvalidations, 16)))
}

// replaced records the token that arrived in place of the latest.
func (i *invalidations) replaced(token string, now int64) passwordless.EventKind {
	i.count, i.replacedAt = i.count+1, now
	if digestOf(token) != i.latest {
		return passwordless.Fetched
	}
	i.count = max(i.count, freeInvalidations) // the issuer has no other
	return passwordless.Unchanged
}

// Invalidate discards the token if it is the current one, and makes the next
// request a forced refresh. Call it only if a server said that the token has
// expired.
//
// A server with a wrong clock says so of every token, and while a new one is fetched all
// users wait. Therefore, once three tokens in a row have been discarded and replaced, or a
// forced refresh has returned the discarded token, Invalidate does nothing until 1 s after
// the latest answer. This pause doubles with each further invalidation up to 10 min. They
// are forgotten 20 min after the latest answer.
func (c *Cache) Invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, now := c.current.Load(), time.Now().UnixNano()
	if token == "" || s.token.Token != token {
		return
	}
	if !within(now, c.invalidations.replacedAt, invalidationTTL) {
		c.invalidations.count = 0
	}
	if c.invalidations.paused(now) {
		return
	}
	c.invalidations.latest, c.forceRefresh = digestOf(token), true
	c.failedAt = 0 // an earlier failure was not that of a forced refresh
	c.current.Store(&state{})
	c.schedule(now)
}

// Refused says that a server refused a login with this token for a reason other than
// expiry. Roles and groups change, so a forced refresh is made in the background, at most
// once in 10 min, while the token is still served: a misspelt user name is refused with
// every new token too. Refused does nothing for a token that is not the current one, while
// a request is in progress or requests are failing, and with [Options].OnDemand.
func (c *Cache) Refused(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, now := c.current.Load(), time.Now().UnixNano()
	if s.token.Token != token || !s.valid(now) || c.o.OnDemand || c.request != nil || c.failures > 0 ||
		within(now, c.refusedAt, refusedInterval) {
		return
	}
	c.refusedAt, c.forceRefresh = now, true
	c.start().keep = true
	c.updateFastPath(now)
	c.schedule(now)
}
