package token

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	lateRefresh              = 4*time.Minute + 50*time.Second // azidentity returns the same token until 5 min before expiry
	maxMandatory             = 30 * time.Second               // the longest mandatory window
	minInterval, maxInterval = 30 * time.Second, time.Hour    // the pause until the next renewal
	maxJitter                = 10 * time.Minute               // of a renewal by the timer
)

// random is in [0, 1). A test may replace it to see what a fleet of processes does without.
var random = rand.Float64

// state is a token with its windows. It is never changed, only replaced. Times are
// wall-clock nanoseconds since 1970, which go on while a machine sleeps.
type state struct {
	token             azcore.AccessToken
	freshUntil        int64 // until then Token serves the token without a lock
	obtained          int64 // when the token first arrived
	refreshAt         int64 // start of the advisory window
	refreshAtJittered int64 // the same while there is a timer
	mandatoryAt       int64 // start of the mandatory window
	expires           int64
}

// newState sets the windows of a token that arrived at now.
func newState(token azcore.AccessToken, now int64) *state {
	s := &state{token: token, obtained: now}
	s.setExpiry()
	s.setRefreshAt(s.firstRefresh(now))
	return s
}

// unchanged sets the windows of a token that a renewal returned again at now.
func (s *state) unchanged(token azcore.AccessToken, now int64) *state {
	n := &state{token: token, obtained: s.obtained}
	n.setExpiry()
	if s.refreshAt > now {
		n.setRefreshAt(min(s.refreshAt, n.expires)) // renewed before it was due: nothing has changed
	} else {
		n.setRefreshAt(n.nextRefresh(now))
	}
	return n
}

func (s *state) setExpiry() {
	s.expires = nanos(s.token.ExpiresOn)
	s.mandatoryAt = s.expires - min(int64(maxMandatory), (s.expires-s.obtained)/10)
}

func (s *state) setRefreshAt(at int64) {
	s.refreshAt = at
	spread := min(int64(maxJitter), max(0, s.mandatoryAt-at)/10)
	s.refreshAtJittered = at + int64(float64(spread)*random())
}

// firstRefresh is RefreshOn, or without one the later of half-life and lateRefresh.
func (s *state) firstRefresh(now int64) int64 {
	refreshOn, half := nanos(s.token.RefreshOn), now+(s.expires-now)/2
	switch {
	case refreshOn == 0:
		return min(s.mandatoryAt, max(half, s.expires-int64(lateRefresh)))
	case refreshOn <= now:
		return min(half, s.nextRefresh(now))
	default:
		return min(s.mandatoryAt, max(refreshOn, min(half, s.earliestRefresh(now))))
	}
}

// earliestRefresh is a tenth of the remaining life after now, so that an issuer that says
// "at once", or returns the same token, gets no stream of requests.
func (s *state) earliestRefresh(now int64) int64 {
	return now + min(int64(maxInterval), max(int64(minInterval), (s.expires-now)/10))
}

// nextRefresh is RefreshOn, but not before earliestRefresh, and not past lateRefresh or
// the start of the mandatory window while these are in the future.
func (s *state) nextRefresh(now int64) int64 {
	at := max(s.earliestRefresh(now), nanos(s.token.RefreshOn))
	for _, mark := range []int64{s.expires - int64(lateRefresh), s.mandatoryAt} {
		if now < mark {
			at = min(at, mark)
		}
	}
	return at
}

func (s *state) valid(now int64) bool { return s.token.Token != "" && now < s.expires }

// within reports whether now is in [from, from+d). A clock that was set back is outside,
// so that nothing waits until it has caught up.
func within(now, from int64, d time.Duration) bool { return now >= from && now-from < int64(d) }

// nanos is t on the wall clock, limited to what an int64 holds (the year 2262);
// 0 for the zero time and times before 1970.
func nanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec >= math.MaxInt64/int64(time.Second), sec == math.MinInt64: // which is what a larger float becomes
		return math.MaxInt64
	case sec < 0:
		return 0
	default:
		return t.UnixNano()
	}
}

// wall is the inverse of nanos.
func wall(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}
