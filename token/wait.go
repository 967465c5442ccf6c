package token

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	maxWait          = 2 * time.Second  // from a request's start, for callers with a valid token
	errorTTL         = time.Second      // a failed request answers callers without a valid token
	errorTTLOnDemand = 30 * time.Second // the same, if it prompted a person
	cancelGrace      = time.Second      // for a FetchFunc to notice that its context has ended
	useInterval      = time.Minute      // between two records of the last use
)

// wait is Token off the fast path.
func (c *Cache) wait(ctx context.Context) (azcore.AccessToken, error) {
	d := c.decideAfter(ctx, nil)
	for d.request != nil {
		r := d.request
		select {
		case <-r.done:
			return c.result(r)
		case <-ctx.Done():
			return azcore.AccessToken{}, c.cancelWait(ctx, r)
		case <-time.After(d.wait):
			d = c.decideAfter(ctx, r)
		}
	}
	return d.token, d.err
}

// decideAfter decides for a caller that waited for r, which may be nil, until now.
func (c *Cache) decideAfter(ctx context.Context, r *request) decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.decide(ctx, time.Now().UnixNano())
	if r != nil && d.token.Token != "" {
		d.request = nil // once is enough while there is a valid token
	}
	c.moveWaiter(r, d.request)
	return d
}

// moveWaiter counts a caller that waits for another request now; nil is none. mu is held.
func (c *Cache) moveWaiter(from, to *request) {
	if to != nil {
		to.waiters++
	}
	if from != nil {
		from.waiters--
		c.cancelUnused(from)
	} else if to != nil {
		c.stats.Waits++
	}
}

// result is that of a completed request, or the old token if that is better than an error.
func (c *Cache) result(r *request) (azcore.AccessToken, error) {
	if s := c.current.Load(); r.err != nil && s.valid(time.Now().UnixNano()) {
		return s.token, nil
	}
	return r.token, r.err
}

// cancelWait removes a waiter whose context has ended, and returns its error.
func (c *Cache) cancelWait(ctx context.Context, r *request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moveWaiter(r, nil)
	err := fmt.Errorf("token: stopped waiting for a token request that began %v ago: %w", time.Since(r.began).Round(time.Millisecond), ctx.Err())
	if r.notReady != nil {
		return fmt.Errorf("%w (its last answer, in %d calls: %w)", err, r.retries, r.notReady)
	}
	return err
}

// decision is what a caller gets: a token, an error, or a request to wait for, after which it
// gets the token if that is valid.
type decision struct {
	token   azcore.AccessToken
	err     error
	request *request
	wait    time.Duration // decide again after that
}

// decide starts the request that is due, if any. mu is held.
func (c *Cache) decide(ctx context.Context, now int64) decision {
	c.lastUse = now
	s := c.current.Load()
	d := decision{token: s.token}
	switch {
	case !s.valid(now):
		d = c.decideInvalid(ctx, now)
	case now >= s.mandatoryAt && now >= s.refreshAt && c.failures == 0:
		d = c.decideMandatory(ctx, s, now)
	case now >= c.refreshTime(c.advisoryAt(s), now) && !c.o.OnDemand:
		c.start()
	}
	c.updateFastPath(now)
	c.schedule(now)
	return d
}

// decideInvalid is decide without a valid token. mu is held.
func (c *Cache) decideInvalid(ctx context.Context, now int64) decision {
	ttl := errorTTL
	if c.o.OnDemand {
		ttl = errorTTLOnDemand
	}
	if c.request == nil && c.failures > 0 && within(now, c.failedAt, ttl) {
		return decision{err: c.stats.LastError}
	}
	if err := ctx.Err(); err != nil {
		return decision{err: fmt.Errorf("token: there is no valid token and the caller cannot wait for one: %w", err)}
	}
	r := c.start()
	left := time.Until(r.deadline) + cancelGrace
	if left <= 0 {
		return decision{err: fmt.Errorf("token: the credential has not answered within %v and ignores its context: %w",
			c.o.RequestTimeout, context.DeadlineExceeded)}
	}
	return decision{request: r, wait: left}
}

// decideMandatory lets the caller wait for a request younger than maxWait, but leaves it half of
// its time: the token is still valid, and the login comes after it. mu is held.
func (c *Cache) decideMandatory(ctx context.Context, s *state, now int64) decision {
	r := c.start()
	left := min(maxWait-time.Since(r.began), time.Duration(s.expires-now))
	if left <= 0 || ctx.Err() != nil {
		return decision{token: s.token}
	}
	if end, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(end)/2)
	}
	return decision{token: s.token, request: r, wait: left}
}

// updateFastPath sets how long Token serves the token without a lock. mu is held.
func (c *Cache) updateFastPath(now int64) {
	s := c.current.Load()
	if until := c.freshUntil(s, now); until != s.freshUntil {
		next := *s
		next.freshUntil = until
		c.current.Store(&next)
	}
}

func (c *Cache) freshUntil(s *state, now int64) int64 {
	until := min(s.expires, now+int64(useInterval))
	r := c.request
	switch {
	case !s.valid(now):
		return 0
	case r != nil && (c.failures > 0 || time.Since(r.began) >= maxWait):
		return until // no one waits for it
	case r != nil:
		return min(until, s.mandatoryAt)
	case c.failures > 0 && c.o.OnDemand:
		return until // only a caller without a valid token starts the next attempt
	case c.failures > 0:
		return min(until, c.retryAt)
	default:
		return min(until, c.advisoryAt(s))
	}
}
