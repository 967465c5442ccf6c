package token

import (
	"context"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// flight is one request, shared by all who wait for it.
type flight struct {
	began  time.Time // with a monotonic reading: the wall clock may be set meanwhile
	fresh  bool      // only the flight's goroutine reads it
	cancel context.CancelFunc

	// guarded by Cache.mu
	deadline time.Time // of the call under way, likewise
	notReady error     // why it is being repeated
	waiters  int       // callers that wait for it
	kept     bool      // Refused began it: who was refused may well close the handle, and come back

	done  chan struct{} // closed when token and err are set
	token azcore.AccessToken
	err   error
}

// start returns the request under way, or begins one. It is nobody's in particular,
// so it gets neither the values nor the end of any caller's context: what a value
// asks for (azcore's policy.WithCaptureResponse hands the response over, with the
// token) is not for the request of all. mu is held.
func (c *Cache) start() *flight {
	if c.flight != nil {
		return c.flight
	}
	began := time.Now()
	if c.started.IsZero() {
		c.started = began
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &flight{began: began, deadline: began.Add(c.o.RequestTimeout), fresh: c.fresh, cancel: cancel, done: make(chan struct{})}
	c.flight = f
	go c.run(ctx, f)
	return f
}

// abandon cancels the request under way if nobody waits for it and no handle is
// open, and lets go of it: its outcome does not matter any more. A request of
// Refused's goes on, and so does that of a cache that never had a handle. mu is held.
func (c *Cache) abandon(now int64) {
	f := c.flight
	if f == nil || f.kept || f.waiters > 0 || c.leases == nil || len(c.leases) > 0 {
		return
	}
	f.cancel()
	c.flight = nil
	c.publish(now)
}

// run asks until there is an answer that counts, and tells everybody. It does so
// too if the FetchFunc ends the goroutine (runtime.Goexit).
func (c *Cache) run(ctx context.Context, f *flight) {
	defer f.cancel()
	finished := false
	defer func() {
		if !finished {
			c.finish(f, azcore.AccessToken{}, errors.New("token: the credential ended its goroutine"), 0)
		}
		c.deliver()
	}()
	for pause := startupPause; !finished; pause = min(2*pause, startupPauseMost) {
		began := time.Now()
		token, err := c.ask(ctx, f)
		if err != nil && c.repeat(f, err, pause) {
			sleep(ctx, jitter(pause))
			continue
		}
		finished = c.finish(f, token, err, time.Since(began))
		f.fresh = true // if it goes on
	}
}

// sleep pauses for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// repeat reports whether the issuer is still starting, and should be asked again
// after a pause.
func (c *Cache) repeat(f *flight, err error, pause time.Duration) bool {
	if c.o.NotReady == nil || !c.o.NotReady(err) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandon(time.Now().UnixNano()) // the last handle may have been collected
	if c.flight != f || c.ready || time.Since(c.started)+pause >= c.o.StartupWindow {
		return false
	}
	c.counts.failures++
	c.lastErr, f.notReady = err, err
	f.deadline = time.Now().Add(pause + c.o.RequestTimeout)
	return true
}

// finish records the outcome of a request and releases those who wait for it,
// unless it was abandoned. It reports false, and does nothing, if the answer is a
// token that Invalidate has dropped, out of a cache that does not know: then a
// fresh one is to be asked for.
func (c *Cache) finish(f *flight, token azcore.AccessToken, err error, took time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != f {
		return true
	}
	if err == nil && !f.fresh && token.Token == c.drops.latest && token.Token != c.current.Load().token.Token {
		return false
	}
	now := time.Now().UnixNano()
	c.counts.lastDuration = took
	var kind EventKind
	if err == nil {
		kind = c.accept(token, now)
	} else {
		kind = c.fail(err, now)
	}
	c.flight = nil
	f.token, f.err = token, err
	close(f.done)
	c.publish(now)
	c.arm(now)
	c.report(kind, now, took)
	return true
}

// accept takes an answer over. mu is held.
func (c *Cache) accept(token azcore.AccessToken, now int64) EventKind {
	s, kind := c.current.Load(), Fetched
	next := newState(token, now)
	switch {
	case token.Token == s.token.Token:
		next, kind = s.unchanged(token, now), Unchanged
	case s.token.Token == "" && c.drops.latest != "":
		kind = c.drops.answer(token.Token, now)
	case s.valid(now):
		kind = Renewed
	}
	if kind == Unchanged {
		c.counts.unchanged++
	}
	if c.failures > 0 {
		kind = Recovered
	}
	c.failures, c.lastErr, c.fresh, c.ready = 0, nil, false, true
	if c.o.OnDemand {
		next.plan(max(next.look, next.insist))
	}
	c.current.Store(next)
	return kind
}

// fail keeps what is held and plans the next attempt. mu is held.
func (c *Cache) fail(err error, now int64) EventKind {
	c.counts.failures++
	c.failures++
	c.lastErr, c.failedAt = err, now
	c.retryAt = now + int64(backoff(c.failures, c.current.Load(), now))
	if c.failures > 1 {
		return 0 // reported already
	}
	return Failed
}
