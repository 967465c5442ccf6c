package token

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
)

// FetchFunc requests a token from the issuer. If forceRefresh is true it must bypass
// every cache on the way.
//
// A [Cache] makes one call at a time. The context carries no values of the callers. It
// ends after [Options].RequestTimeout, or when no one needs the request any more (see
// [Handle.Close]); the function must then return. A panic is an error of that request,
// see [Cache.Token]. The function must not refer to a [Handle], or handles that are
// dropped without Close are never collected.
type FetchFunc func(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error)

// Options adjusts [New]. A nil *Options means all defaults.
type Options struct {
	// RequestTimeout limits one call of the [FetchFunc]. If zero or negative, 30 s.
	RequestTimeout time.Duration

	// StartupWindow is how long after the cache's first request, or until the first
	// token, an issuer that is not ready (see NotReady) is retried with short pauses.
	// No call begins after it, so the first request takes at most StartupWindow +
	// RequestTimeout. If zero, 30 s; if negative, no window.
	StartupWindow time.Duration

	// NotReady reports whether an error, such as a refused connection, is that of an
	// issuer that is still starting. If nil, no error is.
	NotReady func(error) bool

	// OnDemand is for credentials that prompt a person. Such a token is renewed only
	// when a caller needs it, and a failed request answers all callers of the next 30 s,
	// instead of 1 s: who has just dismissed the prompt gets no other each second.
	OnDemand bool
}

// Cache serves one token and renews it. Make it with [New]. It is safe for concurrent use.
type Cache struct {
	fetch FetchFunc
	o     Options

	current atomic.Pointer[state] // never nil; written with mu held
	calling chan struct{}         // holds an element while the FetchFunc runs

	mu            sync.Mutex // guards everything below; never held across a fetch or a callback
	request       *request   // in progress; nil if there is none
	lastUse       int64      // latest call of Token, to the minute
	firstRequest  time.Time  // when the first request began
	ready         bool       // a token has arrived: the start-up window is over
	failures      int        // failed requests in a row
	failedAt      int64      // when the latest of them ended
	retryAt       int64      // when a renewal may be tried again after a failure
	forceRefresh  bool       // the next request must bypass the issuer's caches
	invalidations invalidations
	refusedAt     int64              // when Refused last started a renewal
	stats         passwordless.Stats // its counts, and what is said of the latest request

	subscribers map[*subscriber]struct{} // the open handles; nil without a Group
	active      int                      // how many of them are active
	timer       *time.Timer
	timerAt     int64                // what the timer was set for; 0 if it is not running
	events      []passwordless.Event // not yet delivered
	delivering  bool                 // a goroutine is delivering them
}

// New returns a cache that makes no request before the first call of [Cache.Token]. Its
// token is renewed only when Token is called, unless it is shared by a [Group].
func New(fetch FetchFunc, o *Options) *Cache {
	c := &Cache{fetch: fetch, calling: make(chan struct{}, 1)}
	if o != nil {
		c.o = *o
	}
	if c.o.RequestTimeout <= 0 {
		c.o.RequestTimeout = 30 * time.Second
	}
	c.o.StartupWindow = cmp.Or(c.o.StartupWindow, 30*time.Second)
	c.current.Store(&state{})
	return c
}

// Format writes "token.Cache" for every verb and flag, so that no token is printed.
func (c *Cache) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "token.Cache") }

// Token returns a token that has not expired by this machine's wall clock.
//
// While the token is fresh this is one atomic load and one reading of the clock. Otherwise
// Token may start a request, and waits for it only where the package comment says so. A
// waiting caller returns when ctx ends, with an error that wraps ctx.Err(). A request that
// ran into [Options].RequestTimeout is [context.DeadlineExceeded] to [errors.Is] whatever
// the credential says. A panic of the [FetchFunc] is an error that names the place and,
// unless it is a [runtime.Error], only the type of the value. All other errors of the
// FetchFunc are wrapped.
func (c *Cache) Token(ctx context.Context) (azcore.AccessToken, error) {
	s := c.current.Load()
	if time.Now().UnixNano() < s.freshUntil {
		return s.token, nil
	}
	return c.wait(ctx)
}

// Stats returns a snapshot. It never waits for a request.
func (c *Cache) Stats() passwordless.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, stats := c.current.Load(), c.stats
	stats.Valid, stats.Handles = s.valid(time.Now().UnixNano()), len(c.subscribers)
	stats.ObtainedAt, stats.ExpiresOn, stats.RefreshOn = wall(s.obtained), wall(s.expires), wall(s.refreshAt)
	return stats
}
