package token

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	// azidentity serves tokens from its own cache until 5 minutes before they
	// expire: asking sooner brings the same token.
	lateLook = 4*time.Minute + 50*time.Second
	// insistMost is the longest time before expiry in which callers wait.
	insistMost = 30 * time.Second
	// lookLeast and lookMost bound the pause before the issuer is asked again.
	lookLeast, lookMost = 30 * time.Second, time.Hour
	// aheadMost bounds the jitter of the timer.
	aheadMost = 30 * time.Second
)

// state is a token with its windows. It is never changed, only replaced. Times
// are wall-clock nanoseconds since 1970: they go on while a machine sleeps, and
// comparing them costs nothing.
type state struct {
	token    azcore.AccessToken
	calm     int64 // before it, Token serves the token without another look
	obtained int64 // when the token was first seen
	look     int64 // the offer window: from here on one renewal may start
	ahead    int64 // look with jitter, for the timer
	insist   int64 // from here on callers wait for a renewal
	expires  int64
}

// newState gives a token that arrived at now its windows.
func newState(token azcore.AccessToken, now int64) *state {
	s := &state{token: token, obtained: now}
	s.frame()
	s.plan(s.firstLook(now))
	return s
}

// unchanged gives a token that a renewal at now returned again its next look.
func (s *state) unchanged(token azcore.AccessToken, now int64) *state {
	n := &state{token: token, obtained: s.obtained}
	n.frame()
	if s.look > now {
		n.plan(min(s.look, n.expires)) // asked before it was due: nothing has changed
	} else {
		n.plan(n.nextLook(now))
	}
	return n
}

// frame sets what follows from the token and the time it was first seen.
func (s *state) frame() {
	s.expires = nanos(s.token.ExpiresOn)
	s.insist = s.expires - min(int64(insistMost), (s.expires-s.obtained)/10)
}

// plan sets the time of the next look.
func (s *state) plan(look int64) {
	s.look = look
	spread := min(int64(aheadMost), max(0, s.insist-look)/10)
	s.ahead = look + int64(float64(spread)*rand.Float64())
}

// firstLook is RefreshOn, else the later of half-life and lateLook.
func (s *state) firstLook(now int64) int64 {
	refresh, half := nanos(s.token.RefreshOn), now+(s.expires-now)/2
	switch {
	case refresh == 0:
		return min(s.insist, max(half, s.expires-int64(lateLook)))
	case refresh <= now:
		return min(half, s.nextLook(now))
	default:
		return min(s.insist, max(refresh, min(half, s.soonest(now))))
	}
}

// soonest is a tenth of the remaining life after now: an issuer that always says
// "at once", or always gives the same token, must not be asked all the time.
func (s *state) soonest(now int64) int64 {
	return now + min(int64(lookMost), max(int64(lookLeast), (s.expires-now)/10))
}

// nextLook is RefreshOn if that is ahead, but not before soonest, and not past
// lateLook or the insist window while they are ahead.
func (s *state) nextLook(now int64) int64 {
	look := s.soonest(now)
	if refresh := nanos(s.token.RefreshOn); refresh > now {
		look = max(look, refresh)
	}
	for _, mark := range []int64{s.expires - int64(lateLook), s.insist} {
		if now < mark {
			look = min(look, mark)
		}
	}
	return look
}

func (s *state) valid(now int64) bool    { return s.token.Token != "" && now < s.expires }
func (s *state) insisted(now int64) bool { return now >= s.insist }

// until returns a copy that is served without another look before calm.
func (s *state) until(calm int64) *state {
	n := *s
	n.calm = calm
	return &n
}

// within reports whether now is in [from, from+d). A clock that was set back is
// outside, so that nothing waits for it to catch up.
func within(now, from int64, d time.Duration) bool {
	return now >= from && now-from < int64(d)
}

// nanos is t on the wall clock, limited to what an int64 holds (the year 2262);
// 0 for the zero time and times before 1970.
func nanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec < 0:
		return 0
	case sec >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
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
