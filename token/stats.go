package token

import (
	"encoding/json"
	"time"
)

// Stats is a snapshot of a [Cache], for all handles that share it and since it was
// made. It counts what is not on the hit path. A call that was cancelled because
// nobody needed it any more counts in Requests and LastRequest only.
type Stats struct {
	Requests  uint64 // calls of the FetchFunc, also the one under way
	Failures  uint64 // calls that brought no usable token
	Unchanged uint64 // answers with the token that was held, or that Invalidate had just dropped
	Waits     uint64 // callers that waited for a request

	LastRequest  time.Time     // when the latest call began; zero if there was none
	LastDuration time.Duration // of the latest request that ended, without earlier calls in the start-up window
	LastError    error         // of the latest call that ended; nil if it succeeded

	Valid      bool      // a token is held and has not expired
	ObtainedAt time.Time // when the token held arrived, not counting unchanged answers to a renewal; zero if there is none
	ExpiresOn  time.Time // when it expires
	RefreshOn  time.Time // from when it may be renewed, by the issuer's word or this package's rule
	Handles    int       // open handles that share the cache
}

// MarshalJSON writes the text of LastError, which encoding/json would leave out.
func (s Stats) MarshalJSON() ([]byte, error) {
	type plain Stats
	out := struct {
		plain
		LastError string
	}{plain: plain(s)}
	if s.LastError != nil {
		out.LastError = s.LastError.Error()
	}
	return json.Marshal(out)
}

// counts are the parts of Stats that are kept as such.
type counts struct {
	requests, failures, unchanged, waits uint64
	lastRequest                          int64
	lastDuration                         time.Duration
}

// Stats returns a snapshot. It never waits for a request.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.current.Load()
	return Stats{
		Requests:     c.counts.requests,
		Failures:     c.counts.failures,
		Unchanged:    c.counts.unchanged,
		Waits:        c.counts.waits,
		LastRequest:  wall(c.counts.lastRequest),
		LastDuration: c.counts.lastDuration,
		LastError:    c.lastErr,
		Valid:        s.valid(time.Now().UnixNano()),
		ObtainedAt:   wall(s.obtained),
		ExpiresOn:    wall(s.expires),
		RefreshOn:    wall(s.look),
		Handles:      len(c.leases),
	}
}
