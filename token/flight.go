package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// flight is one request, shared by all who wait for it.
type flight struct {
	began    int64 // wall clock
	deadline int64 // of the call under way; guarded by Cache.mu
	fresh    bool  // only the flight's goroutine reads it
	notReady error // why it is being repeated; guarded by Cache.mu

	done  chan struct{} // closed when token and err are set
	token azcore.AccessToken
	err   error
}

// start returns the request under way, or begins one with the values, but not
// the cancellation, of ctx. mu is held.
func (c *Cache) start(ctx context.Context, now int64) *flight {
	if c.flight != nil {
		return c.flight
	}
	if c.started == 0 {
		c.started = now
	}
	f := &flight{began: now, deadline: now + int64(c.o.RequestTimeout), fresh: c.fresh, done: make(chan struct{})}
	c.flight = f
	go c.run(context.WithoutCancel(ctx), f)
	return f
}

// run asks until there is an answer that counts, and tells everybody. It does so
// too if the FetchFunc ends the goroutine (runtime.Goexit).
func (c *Cache) run(ctx context.Context, f *flight) {
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
			time.Sleep(jitter(pause))
			continue
		}
		finished = c.finish(f, token, err, time.Since(began))
		f.fresh = true // if it goes on
	}
}

// ask makes one call of the FetchFunc and checks its answer.
func (c *Cache) ask(ctx context.Context, f *flight) (azcore.AccessToken, error) {
	c.mu.Lock()
	now := time.Now().UnixNano()
	f.deadline = now + int64(c.o.RequestTimeout)
	c.counts.requests++
	c.counts.lastRequest = now
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, c.o.RequestTimeout)
	defer cancel()
	token, err := c.call(ctx, f.fresh)
	switch {
	case err != nil && ctx.Err() != nil && !errors.Is(err, context.DeadlineExceeded):
		// azidentity's managed identity and default chain hide the cause
		return azcore.AccessToken{}, fmt.Errorf("token: no answer within %v: %w: %w", c.o.RequestTimeout, ctx.Err(), err)
	case err != nil:
		return azcore.AccessToken{}, fmt.Errorf("token: %w", err)
	case token.Token == "":
		return azcore.AccessToken{}, errors.New("token: the credential returned an empty token")
	case nanos(token.ExpiresOn) <= time.Now().UnixNano():
		return azcore.AccessToken{}, fmt.Errorf("token: the credential returned a token that expired at %s: check this machine's clock",
			token.ExpiresOn.UTC().Format(time.RFC3339))
	}
	return token, nil
}

// repeat reports whether the issuer is still starting, and should be asked again
// after a pause.
func (c *Cache) repeat(f *flight, err error, pause time.Duration) bool {
	if c.o.NotReady == nil || !c.o.NotReady(err) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := time.Now().UnixNano() + int64(pause)
	if c.ready || !within(next, c.started, c.o.StartupWindow) {
		return false
	}
	c.counts.failures++
	c.lastErr, f.notReady = err, err
	f.deadline = next + int64(c.o.RequestTimeout)
	return true
}

// finish records the outcome of a request and releases those who wait for it. It
// reports false, and does nothing, if the answer is a token that Invalidate has
// dropped, out of a cache that does not know: then a fresh one is to be asked for.
func (c *Cache) finish(f *flight, token azcore.AccessToken, err error, took time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && !f.fresh && token.Token == c.rejected && token.Token != c.current.Load().token.Token {
		return false
	}
	now := time.Now().UnixNano()
	c.counts.lastDuration = took
	var kind EventKind
	if err == nil {
		kind = c.accept(token, f.fresh, now)
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
func (c *Cache) accept(token azcore.AccessToken, fresh bool, now int64) EventKind {
	s, kind := c.current.Load(), Fetched
	next := newState(token, now)
	switch {
	case token.Token == s.token.Token:
		next, kind = s.unchanged(token, now), Unchanged
	case fresh && token.Token == c.rejected:
		c.confirmed, kind = now, Unchanged
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
