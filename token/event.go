package token

import (
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

// Event is one step in the life of a token. It never holds the token.
type Event struct {
	Kind      EventKind
	Time      time.Time     // when the request ended
	Duration  time.Duration // of the request, without earlier attempts in the start-up window
	ExpiresOn time.Time     // of the current token; zero if there is none
	RefreshOn time.Time     // from when it may be renewed; zero if there is none
	Err       error         // of the request if Kind is Failed
}
