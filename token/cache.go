package token

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// FetchFunc asks the issuer for a token. When fresh is true it must pass any
// cache between here and the issuer.
//
// A [Cache] runs one call at a time. The context carries no values of the callers,
// and does not end with them, but after [Options].RequestTimeout, or when nobody
// needs the request any more (see [Handle.Close]); the function must return when it
// ends. A call that panics is an error of that request, see [Cache.Token]. The
// function must not refer to a [Handle], or handles that are dropped without Close
// are kept.
type FetchFunc func(ctx context.Context, fresh bool) (azcore.AccessToken, error)

// Options adjusts [New]. A nil *Options means all defaults.
type Options struct {
	// RequestTimeout bounds one call of the [FetchFunc]. Zero or negative: 30 s.
	RequestTimeout time.Duration

	// StartupWindow is how long after the cache's first request an issuer that is
	// not ready (see NotReady) is asked again, with short pauses, before its error
	// counts. Each call has a RequestTimeout of its own, and none begins after the
	// window, so the first request takes StartupWindow + RequestTimeout at most.
	// The window ends with the first token. Zero: 30 s. Negative: no window.
	StartupWindow time.Duration

	// NotReady tells the errors of an issuer that is still starting, such as a
	// refused connection. Nil: there are none.
	NotReady func(error) bool

	// OnDemand is for credentials that ask a person. Such a token is renewed only
	// when a caller needs it: never in the background, never ahead of need. A
	// failed request is remembered for 30 s, not 1 s, so that who has just sent the
	// question away is not asked again each second.
	OnDemand bool
}

// Cache serves one token and renews it. Make it with [New]; all methods may be
// called by any number of goroutines at once.
type Cache struct {
	fetch FetchFunc
	o     Options

	current atomic.Pointer[state] // never nil; written with mu held

	calling chan struct{} // holds an element while the FetchFunc is being called

	mu         sync.Mutex          // guards everything below; never held across a fetch or a callback
	flight     *flight             // the request under way, nil if there is none
	lastUse    int64               // when Token was last called, known to a minute
	started    time.Time           // when the first request began
	failures   int                 // failed requests in a row; 0: the latest one succeeded
	failedAt   int64               // when the latest of them ended
	retryAt    int64               // when a renewal may be tried again after a failure
	lastErr    error               // of the latest request
	ready      bool                // a token has arrived: the start-up window is over
	fresh      bool                // the next request must pass the issuer's caches
	drops      drops               // what Invalidate has dropped
	refusedAt  int64               // when Refused last started a renewal
	counts     counts              // what Stats reports
	leases     map[*lease]struct{} // the open handles; nil without a Group
	active     int                 // how many of them are active
	timer      *time.Timer
	planned    int64   // what the timer was set for, 0: it is not running
	events     []Event // not yet delivered
	delivering bool    // a goroutine is delivering them
}

// New returns a cache without a token. It makes no request before the first
// call of [Cache.Token]. A cache of its own renews its token only when Token is
// called; one that is shared by a [Group] also does so ahead of need.
func New(fetch FetchFunc, o *Options) *Cache {
	c := &Cache{fetch: fetch, calling: make(chan struct{}, 1)}
	if o != nil {
		c.o = *o
	}
	if c.o.RequestTimeout <= 0 {
		c.o.RequestTimeout = 30 * time.Second
	}
	if c.o.StartupWindow == 0 {
		c.o.StartupWindow = 30 * time.Second
	}
	c.current.Store(&state{})
	return c
}

// Format writes "token.Cache" for every verb and flag: what a cache holds is not
// for printing.
func (c *Cache) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "token.Cache") }

// Token returns a token that has not expired by this machine's wall clock.
//
// While the token held needs no attention this is one atomic load and one
// reading of the clock. Otherwise Token may start a request, and waits for it
// only where the package comment says so. A waiting caller leaves when ctx ends,
// with an error that wraps ctx.Err(); the request goes on for the others. A
// request that ran into [Options].RequestTimeout is [context.DeadlineExceeded]
// to [errors.Is] even if the credential says otherwise. If the [FetchFunc]
// panics, callers get an error that names the place and, unless it is a
// [runtime.Error], only the type of the value. All other errors of the
// FetchFunc are wrapped.
func (c *Cache) Token(ctx context.Context) (azcore.AccessToken, error) {
	s := c.current.Load()
	if time.Now().UnixNano() < s.calm {
		return s.token, nil
	}
	return c.await(ctx)
}
