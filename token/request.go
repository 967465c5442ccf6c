package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
)

// minStartupPause and maxStartupPause bound the pause while an issuer starts.
const minStartupPause, maxStartupPause = 100 * time.Millisecond, 2 * time.Second

// request is one request for all callers that wait. It may take several calls.
type request struct {
	began        time.Time // with a monotonic reading: the wall clock may be set meanwhile
	forceRefresh bool      // only the request's goroutine uses it
	cancel       context.CancelFunc

	// guarded by Cache.mu
	deadline time.Time // of the call in progress, with a monotonic reading
	notReady error     // why it is being retried
	retries  int       // how often it was
	waiters  int       // callers that wait for it
	keep     bool      // Refused began it: a refused caller may well close its handle and come back

	done  chan struct{} // closed when token and err are set
	token azcore.AccessToken
	err   error
}

// start returns the request in progress, or begins one. It gets neither the end nor the
// values of a caller's context: through azcore's policy.WithCaptureResponse a value would
// receive the token. mu is held.
func (c *Cache) start() *request {
	if c.request != nil {
		return c.request
	}
	began := time.Now()
	if c.firstRequest.IsZero() {
		c.firstRequest = began
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.request = &request{
		began: began, deadline: began.Add(c.o.RequestTimeout),
		forceRefresh: c.forceRefresh, cancel: cancel, done: make(chan struct{}),
	}
	go c.run(ctx, c.request)
	return c.request
}

// cancelUnused cancels a request for which no caller waits if no handle is open. One that
// Refused began goes on, and so does that of a cache that never had a handle. mu is held.
func (c *Cache) cancelUnused(r *request) {
	if r == nil || r != c.request || r.keep || r.waiters > 0 || c.subscribers == nil || len(c.subscribers) > 0 {
		return
	}
	r.cancel()
	c.request = nil
	c.updateFastPath(time.Now().UnixNano())
}

// run calls the FetchFunc until there is a result, which runtime.Goexit in it is too.
func (c *Cache) run(ctx context.Context, r *request) {
	defer r.cancel()
	defer c.deliver()
	finished := false
	defer func() {
		if !finished {
			c.finish(r, azcore.AccessToken{}, errors.New("token: the credential ended its goroutine"), 0)
		}
	}()
	for pause := minStartupPause; !finished; {
		began := time.Now()
		token, err := c.call(ctx, r)
		if err == nil || !c.retryStartup(r, err, pause) {
			if err != nil && r.retries > 0 { // which no other goroutine changes
				err = fmt.Errorf("%w (of %d calls, the last)", err, r.retries+1)
			}
			finished = c.finish(r, token, err, time.Since(began))
			continue
		}
		sleep(ctx, jitter(pause))
		pause = min(2*pause, maxStartupPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// retryStartup reports whether to call an issuer that is still starting again.
func (c *Cache) retryStartup(r *request, err error, pause time.Duration) bool {
	if c.o.NotReady == nil || !c.o.NotReady(err) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelUnused(r) // the last handle may have been collected
	if c.request != r || c.ready || time.Since(c.firstRequest)+pause >= c.o.StartupWindow {
		return false
	}
	c.stats.Failures++
	c.stats.LastError, r.notReady = err, err
	r.retries++
	r.deadline = time.Now().Add(pause + c.o.RequestTimeout)
	return true
}

// finish records the result of a request and releases its waiters, unless it was
// cancelled. It reports false if a forced refresh is needed, because the result is an
// invalidated token out of an issuer's cache.
func (c *Cache) finish(r *request, token azcore.AccessToken, err error, took time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.request != r {
		return true
	}
	if err == nil && !r.forceRefresh && digestOf(token.Token) == c.invalidations.latest && token.Token != c.current.Load().token.Token {
		r.forceRefresh = true
		return false
	}
	now := time.Now().UnixNano()
	c.stats.LastDuration = took
	var kind passwordless.EventKind
	if err == nil {
		kind = c.accept(token, now)
	} else {
		kind = c.fail(err, now)
	}
	c.request, r.token, r.err = nil, token, err
	close(r.done)
	c.updateFastPath(now)
	c.schedule(now)
	c.report(kind, now, took)
	return true
}

// accept stores a token that arrived. mu is held.
func (c *Cache) accept(token azcore.AccessToken, now int64) passwordless.EventKind {
	s, kind := c.current.Load(), passwordless.Fetched
	next := newState(token, now)
	switch {
	case token.Token == s.token.Token:
		next, kind = s.unchanged(token, now), passwordless.Unchanged
	case s.token.Token == "" && c.invalidations.latest != digest{}:
		kind = c.invalidations.replaced(token.Token, now)
	case s.valid(now):
		kind = passwordless.Renewed
	}
	if kind == passwordless.Unchanged {
		c.stats.Unchanged++
	}
	if c.failures > 0 {
		kind = passwordless.Recovered
	}
	c.failures, c.stats.LastError, c.forceRefresh, c.ready = 0, nil, false, true
	if c.o.OnDemand {
		next.setRefreshAt(max(next.refreshAt, next.mandatoryAt))
	}
	c.current.Store(next)
	return kind
}

// fail keeps the current token and plans the next attempt. mu is held.
func (c *Cache) fail(err error, now int64) passwordless.EventKind {
	c.stats.Failures++
	c.failures++
	c.stats.LastError, c.failedAt = err, now
	c.retryAt = now + int64(backoff(c.failures, c.current.Load(), now))
	if c.failures > 1 {
		return 0 // reported already
	}
	return passwordless.Failed
}
