package livecheck

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/azuredb/passwordless"
)

// use is what a pool was seen to do while its first token lived.
type use struct {
	first    any           // the native connection that the first token opened
	replaced time.Duration // before the token's end; 0 if it was not
	renewals atomic.Int32  // requests for a token that succeeded, without the first
	failures atomic.Int32
}

// lifetime uses a pool until its first token has ended, by what the library was told, and then opens a connection more.
func (r *run) lifetime(ctx context.Context, d door) []Result {
	var u use
	renewal := timed("renewal", d.name, func() (string, error) { return r.renewal(ctx, d, &u) })
	seen, err := r.retirement(&u)
	return []Result{renewal, {"retirement", d.name, seen, err, renewal.Took}}
}

func (r *run) renewal(ctx context.Context, d door, u *use) (string, error) {
	c, err := r.newCredential(r.life, "")
	if err != nil {
		return "", err
	}
	o := r.options(c)
	o.Observe = u.observe
	p, err := d.open(r.DSN, o, 0)
	if err != nil {
		return "", err
	}
	defer p.close()
	if err := r.outlive(ctx, p, c, u); err != nil {
		return "", err
	}
	if u.renewals.Load() == 0 {
		return "", fmt.Errorf("no token was renewed within %v; %d requests failed", r.life, u.failures.Load())
	}
	old, err := p.take(ctx) // so that the next one is new
	if err != nil {
		return "", err
	}
	defer old.release()
	fresh, err := p.take(ctx)
	if err != nil {
		return "", err
	}
	defer fresh.release()
	if fresh.native() == old.native() {
		return "", errors.New("the pool gave out a connection twice")
	}
	tokens := c.given()
	if tokens[len(tokens)-1] == tokens[0] {
		return "the pool went on, and asked again: the issuer returned the same token from its own cache, and a new connection logged in with it", nil
	}
	return "the pool went on, and a new connection logged in with a new token", nil
}

// observe counts.
func (u *use) observe(e passwordless.Event) {
	switch e.Kind {
	case passwordless.Renewed, passwordless.Unchanged, passwordless.Recovered:
		u.renewals.Add(1)
	case passwordless.Failed:
		u.failures.Add(1)
	}
}

// outlive uses the pool until its first token has ended.
func (r *run) outlive(ctx context.Context, p pool, c *credential, u *use) error {
	return r.useUntil(ctx, p, func(native any, began time.Time) bool {
		left := c.firstEnds().Sub(began)
		switch {
		case u.first == nil:
			u.first = native
		case u.first != native && u.replaced == 0:
			u.replaced = left
		}
		return left < -r.life/10
	})
}

// useUntil takes connections out of the pool, one at a time, until done says so of the native one. began is when the
// pool was asked for it.
func (r *run) useUntil(ctx context.Context, p pool, done func(native any, began time.Time) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 3*r.life)
	defer cancel()
	tick := time.NewTicker(r.life / 20)
	defer tick.Stop()
	for {
		began := time.Now()
		s, err := p.take(ctx)
		if err != nil {
			return err
		}
		native := s.native()
		_, err = s.ask(ctx, r.whoami)
		s.release()
		if err != nil || done(native, began) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// retirement says whether the connection that the first token opened ended when it should.
func (r *run) retirement(u *use) (string, error) {
	switch {
	case u.first == nil:
		return "", errors.New("not seen: no connection was opened")
	case r.retires && u.replaced <= 0:
		return "", errors.New("the connection was still given out when its token had ended")
	case r.retires:
		return fmt.Sprintf("the connection was replaced %v before its token ended", u.replaced.Round(10*time.Millisecond)), nil
	case u.replaced != 0:
		return "", errors.New("the connection did not go on until its token had ended")
	}
	return "the connection went on past the end of its token, which the server only checks at the login", nil
}

// limited lets a pool's own limit end a connection.
func (r *run) limited(ctx context.Context, d door) (string, error) {
	p, err := d.open(r.DSN, r.options(nil), r.life/5)
	if err != nil {
		return "", err
	}
	defer p.close()
	var first any
	err = r.useUntil(ctx, p, func(native any, _ time.Time) bool {
		if first == nil {
			first = native
		}
		return native != first
	})
	if err != nil {
		return "", err
	}
	return "a new connection took the place of one that the pool had closed", nil
}
