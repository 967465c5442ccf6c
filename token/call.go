package token

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// call makes one call of the FetchFunc and checks its answer.
func (c *Cache) call(ctx context.Context, r *request) (azcore.AccessToken, error) {
	c.mu.Lock()
	r.deadline = time.Now().Add(c.o.RequestTimeout)
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, c.o.RequestTimeout)
	defer cancel()
	if err := c.beginCall(ctx); err != nil {
		return azcore.AccessToken{}, err
	}
	defer func() { <-c.calling }()
	token, err := c.recoverFetch(ctx, r.forceRefresh)
	switch {
	case err != nil && ctx.Err() != nil && !errors.Is(err, context.DeadlineExceeded):
		// azidentity's managed identity and default chain hide the cause
		return azcore.AccessToken{}, fmt.Errorf("token: no answer within %v: %w: %w", c.o.RequestTimeout, ctx.Err(), err)
	case err != nil:
		return azcore.AccessToken{}, fmt.Errorf("token: %w", err)
	case token.Token == "":
		return azcore.AccessToken{}, errors.New("token: the credential returned an empty token")
	case nanos(token.ExpiresOn) == 0:
		return azcore.AccessToken{}, errors.New("token: the credential returned a token without an expiry time")
	case nanos(token.ExpiresOn) <= time.Now().UnixNano():
		return azcore.AccessToken{}, fmt.Errorf("token: the credential returned a token that expired at %s: check this machine's clock",
			token.ExpiresOn.UTC().Format(time.RFC3339))
	case nanos(token.ExpiresOn) == math.MaxInt64:
		token.ExpiresOn = wall(math.MaxInt64) // times beyond that compare as past
	}
	return token, nil
}

// beginCall waits for a call that a cancelled request has left behind, and counts the
// one that begins.
func (c *Cache) beginCall(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.calling <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("token: no answer within %v: the credential has not returned from a cancelled request: %w", c.o.RequestTimeout, ctx.Err())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Requests++
	c.stats.LastRequest = wall(time.Now().UnixNano())
	return nil
}

// recoverFetch turns a panic of the FetchFunc into an error: a bug in a credential
// must neither leave callers waiting nor end the program.
func (c *Cache) recoverFetch(ctx context.Context, forceRefresh bool) (token azcore.AccessToken, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	return c.fetch(ctx, forceRefresh)
}

// panicError describes a panic without its value, which may hold a secret; the texts of
// runtime errors are safe.
func panicError(p any) error {
	where := panicSite()
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("the credential panicked in %s: %w", where, err)
	}
	return fmt.Errorf("the credential panicked in %s with a value of type %T", where, p)
}

// panicSite names the function that raised the panic being recovered.
func panicSite() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for raised := false; ; {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if raised && !inRuntime {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		}
		raised = raised || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown function"
		}
	}
}
