package token

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The wall clock steps while a request is in progress: on a machine that has just
// started and then heard from its time server, or that was suspended. What a
// request may still take is another matter. The steps are those of the wall clock
// reading that decide is given.
func TestWallClockStepsDuringARequest(t *testing.T) {
	for _, step := range []time.Duration{-time.Hour, -time.Second, 0, time.Second, time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				c := New(func(context.Context, bool) (azcore.AccessToken, error) {
					<-done
					return azcore.AccessToken{}, assert.AnError
				}, nil)
				defer synctest.Wait()
				defer close(done)
				c.mu.Lock()
				defer c.mu.Unlock()
				now := time.Now().UnixNano() + int64(step)

				v := c.decide(t.Context(), time.Now().UnixNano())
				require.NotNil(t, v.request)
				assert.Equal(t, 31*time.Second, v.wait)
				v = c.decide(t.Context(), now)
				require.NoError(t, v.err, "it has not run out of time")
				assert.Equal(t, 31*time.Second, v.wait)

				s := &state{token: azcore.AccessToken{Token: "t"}, mandatoryAt: now, refreshAt: now, expires: now + int64(30*time.Second)}
				c.current.Store(s)
				v = c.decide(t.Context(), now)
				require.NotNil(t, v.request, "it is still young")
				assert.Equal(t, maxWait, v.wait)
				assert.Equal(t, s.mandatoryAt, c.freshUntil(s, now), "so callers wait for it")

				c.mu.Unlock()
				time.Sleep(maxWait)
				c.mu.Lock()
				v = c.decide(t.Context(), now)
				assert.Nil(t, v.request, "it is not any more")
				assert.Equal(t, s.expires, c.freshUntil(s, now))
			})
		})
	}
}

// The start-up window of a machine that has just started is not cut short either.
func TestStartupWindowIsNotWallClock(t *testing.T) {
	c := New(nil, &Options{NotReady: func(error) bool { return true }})
	c.request, c.firstRequest = &request{}, time.Now() // in a bubble it would have no monotonic reading
	assert.Contains(t, c.firstRequest.String(), " m=")
	assert.True(t, c.retryStartup(c.request, assert.AnError, 20*time.Second))
	assert.False(t, c.retryStartup(c.request, assert.AnError, 30*time.Second))
}

// The pauses between the start-up retries end with the request.
func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		sleep(ctx, time.Hour)
		assert.Equal(t, time.Second, time.Since(began))
		sleep(t.Context(), time.Minute)
		assert.Equal(t, time.Minute+time.Second, time.Since(began))
	})
}
