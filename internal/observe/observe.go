// Package observe tells what the library does to those who make metrics of it, for all
// connections of the process.
package observe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// Kind says what has ended.
type Kind uint8

// The kinds of events.
const (
	Login        Kind = iota + 1 // a login, its token request included
	TokenWait                    // what a login did to get its token
	TokenRequest                 // a request to the issuer of a token, for all who share it
	Retired                      // the use of a connection, before the token that opened it expires
)

// What came out of it.
const (
	OK        = "ok"        // of a request: another token than before
	Unchanged = "unchanged" // of a request: the same token
	Refused   = "refused"   // of a login: by the server
	NoToken   = "no_token"  // of a login: the server was not contacted
	Failed    = "failed"
)

// Other is the error type of what is not in the list of errors.
const Other = "_OTHER"

// Event is something that has ended. It has no secret, and nothing of which there is no
// end of values.
type Event struct {
	Kind      Kind
	Engine    dsn.Engine // not of a TokenRequest, whose token may be for several
	Host      dsn.Host   // nor this
	Identity  passwordless.IdentityKind
	Began     time.Time
	Duration  time.Duration
	Outcome   string
	ErrorType string // a section of TROUBLESHOOTING.md, [Other] or "canceled"; empty if it went well
}

type listener struct {
	hear func(context.Context, Event)
}

var (
	mu        sync.Mutex // makes changes of listeners one at a time
	listeners atomic.Pointer[[]*listener]
)

// Active reports whether there is anyone to hear of events.
func Active() bool { return listeners.Load() != nil }

// Listen has each event told to hear, which must not block, until stop is called. The
// context is that of the login, and has ended for some events.
func Listen(hear func(context.Context, Event)) (stop func()) {
	l := &listener{hear}
	change(func(all []*listener) []*listener { return append(all, l) })
	return func() {
		change(func(all []*listener) []*listener {
			return slices.DeleteFunc(all, func(other *listener) bool { return other == l })
		})
	}
}

func change(f func([]*listener) []*listener) {
	mu.Lock()
	defer mu.Unlock()
	var all []*listener
	if now := listeners.Load(); now != nil {
		all = slices.Clone(*now)
	}
	if all = f(all); len(all) == 0 {
		listeners.Store(nil)
		return
	}
	listeners.Store(&all)
}

// Emit tells everyone who listens.
func Emit(ctx context.Context, e Event) {
	all := listeners.Load()
	if all == nil {
		return
	}
	for _, l := range *all {
		l.hear(ctx, e)
	}
}

// Since is e, as one that began then and ends now.
func (e Event) Since(began time.Time) Event {
	e.Began, e.Duration = began, time.Since(began)
	return e
}

// ErrorType is the error type of err, which leads to the section of that anchor.
func ErrorType(err error, anchor string) string {
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	return cmp.Or(anchor, Other)
}
