package token

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	// patience is how long a request may take before callers of a token that
	// still lives stop waiting for it.
	patience = 2 * time.Second
	// remember is how long a failed request answers those who have no token;
	// rememberOnDemand is how long if it asked a person.
	remember, rememberOnDemand = time.Second, 30 * time.Second
	// grace is what a FetchFunc gets to notice that its context has ended.
	grace = time.Second
	// useMark is how often the time of the last use is written down.
	useMark = time.Minute
)

// await is Token away from the hit path: it looks at the state, starts a request
// where one is due, and waits for it where the caller cannot do without.
func (c *Cache) await(ctx context.Context) (azcore.AccessToken, error) {
	for f := (*flight)(nil); ; {
		c.mu.Lock()
		v := c.decide(ctx, time.Now().UnixNano())
		c.queue(f, v.flight)
		if f != nil && v.flight == nil {
			c.abandon(time.Now().UnixNano())
		}
		c.mu.Unlock()
		if f = v.flight; f == nil {
			return v.token, v.err
		}

		again := time.NewTimer(v.wait)
		select {
		case <-f.done:
			again.Stop()
			return c.landed(f)
		case <-ctx.Done():
			again.Stop()
			return azcore.AccessToken{}, c.gaveUp(ctx, f)
		case <-again.C: // the request is slow: is the old token still good enough?
		}
	}
}

// queue moves a caller from one request that it waits for to another; nil is none.
// mu is held.
func (c *Cache) queue(from, to *flight) {
	if from != nil {
		from.waiters--
	}
	if to != nil {
		to.waiters++
	}
	if from == nil && to != nil {
		c.counts.waits++
	}
}

// landed is what those who waited for a finished request get: its token, the old
// one if that still lives, or the error.
func (c *Cache) landed(f *flight) (azcore.AccessToken, error) {
	if s := c.current.Load(); f.err != nil && s.valid(time.Now().UnixNano()) {
		return s.token, nil
	}
	return f.token, f.err
}

// verdict is what a caller gets: a token, an error, or a request to wait for.
type verdict struct {
	token  azcore.AccessToken
	err    error
	flight *flight
	wait   time.Duration // look again after that
}

// decide says what a caller gets at now, and starts the request that is due. mu
// is held.
func (c *Cache) decide(ctx context.Context, now int64) verdict {
	c.lastUse = now
	s := c.current.Load()
	var v verdict
	switch {
	case !s.valid(now):
		v = c.demand(ctx, now)
	case s.insisted(now) && now >= s.look && c.failures == 0:
		v = c.insist(ctx, s, now)
	default:
		v.token = s.token
		if c.due(s, now) && !c.o.OnDemand {
			c.start()
		}
	}
	c.publish(now)
	c.arm(now)
	return v
}

// demand serves a caller without a valid token. mu is held.
func (c *Cache) demand(ctx context.Context, now int64) verdict {
	known := remember
	if c.o.OnDemand {
		known = rememberOnDemand
	}
	if c.flight == nil && c.failures > 0 && within(now, c.failedAt, known) {
		return verdict{err: c.lastErr}
	}
	if err := ctx.Err(); err != nil {
		return verdict{err: fmt.Errorf("token: no token is held and the caller cannot wait for one: %w", err)}
	}
	f := c.start()
	left := time.Until(f.deadline) + grace
	if left <= 0 {
		return verdict{err: fmt.Errorf("token: the credential has not answered within %v and ignores its context: %w",
			c.o.RequestTimeout, context.DeadlineExceeded)}
	}
	return verdict{flight: f, wait: left}
}

// insist serves a caller whose token is about to expire: it waits for a request
// that is still young. mu is held.
func (c *Cache) insist(ctx context.Context, s *state, now int64) verdict {
	f := c.start()
	left := min(patience-time.Since(f.began), time.Duration(s.expires-now))
	if left <= 0 || ctx.Err() != nil {
		return verdict{token: s.token}
	}
	return verdict{flight: f, wait: left}
}

// due reports whether a renewal of a valid token may start. mu is held.
func (c *Cache) due(s *state, now int64) bool {
	if c.failures > 0 {
		return now >= c.retryAt || now < c.failedAt
	}
	return now >= s.look
}

// publish says until when Token may serve the state without another look. mu is
// held.
func (c *Cache) publish(now int64) {
	s := c.current.Load()
	if calm := c.calm(s, now); calm != s.calm {
		c.current.Store(s.until(calm))
	}
}

func (c *Cache) calm(s *state, now int64) int64 {
	until := min(s.expires, now+int64(useMark))
	f := c.flight
	switch {
	case !s.valid(now):
		return 0
	case f != nil && (c.failures > 0 || time.Since(f.began) >= patience):
		return until // nobody waits for it any more
	case f != nil:
		return min(until, s.insist)
	case c.failures > 0 && c.o.OnDemand:
		return until // the next attempt needs a caller without a token
	case c.failures > 0:
		return min(until, c.retryAt)
	default:
		return min(until, s.look)
	}
}

// gaveUp takes a caller who stopped waiting for f out of the count, and returns its
// error.
func (c *Cache) gaveUp(ctx context.Context, f *flight) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue(f, nil)
	c.abandon(time.Now().UnixNano())
	age := time.Since(f.began).Round(time.Millisecond)
	if f.notReady != nil {
		return fmt.Errorf("token: stopped waiting for a token request that began %v ago: %w (its last answer: %w)", age, ctx.Err(), f.notReady)
	}
	return fmt.Errorf("token: stopped waiting for a token request that began %v ago: %w", age, ctx.Err())
}
