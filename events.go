package passwordless

import (
	"encoding/json"
	"fmt"
	"time"
)

// EventKind says what happened to a token.
type EventKind uint8

// The kinds of events. Of several that apply the later one is reported.
const (
	Fetched   EventKind = iota + 1 // a token arrived and none was valid before
	Renewed                        // a new token replaced one that was still valid
	Unchanged                      // the issuer returned the same token
	Failed                         // requests have begun to fail; reported once
	Recovered                      // the first success after Failed
)

var eventNames = [...]string{Fetched: "fetched", Renewed: "renewed", Unchanged: "unchanged", Failed: "failed", Recovered: "recovered"}

// String returns the kind in lower case, such as "fetched".
func (k EventKind) String() string {
	if k == 0 || int(k) >= len(eventNames) {
		return fmt.Sprintf("EventKind(%d)", uint8(k))
	}
	return eventNames[k]
}

// Event is one event in the life of a token. It never contains the token.
type Event struct {
	Kind      EventKind
	Time      time.Time     // when the request ended
	Duration  time.Duration // of the request, without earlier attempts in the start-up window
	ExpiresOn time.Time     // of the current token; zero if there is none
	RefreshOn time.Time     // when its renewal may begin; zero if there is no token
	Err       error         // of the request if Kind is Failed
}

// Stats is a snapshot of a token cache, for all handles that share it, since the
// cache was made. Calls that needed no request are not counted. A request that was
// cancelled because no one needed it counts in Requests and LastRequest only.
type Stats struct {
	Requests  uint64 // token requests, including the one in progress
	Failures  uint64 // requests that returned no usable token
	Unchanged uint64 // answers with the current token, or with one that had just been invalidated
	Waits     uint64 // callers that waited for a request

	LastRequest  time.Time     // when the latest request began; zero if there was none
	LastDuration time.Duration // of the latest completed request, without earlier attempts in the start-up window
	LastError    error         // of the latest completed request; nil if it succeeded. In a Status also of a login that gave the request up

	Valid      bool      // there is a token that has not expired
	ObtainedAt time.Time // when the current token first arrived; zero if there is none
	ExpiresOn  time.Time // when it expires
	RefreshOn  time.Time // when its renewal may begin, by the issuer's RefreshOn or the cache's rule
	Handles    int       // open handles that share the cache
}

// MarshalJSON writes the text of LastError, which encoding/json would omit.
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
