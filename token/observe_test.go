package token_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/token"
)

// recorder is an observer.
type recorder struct {
	mu     sync.Mutex
	events []passwordless.Event
}

func (r *recorder) observe(e passwordless.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// take returns the kinds seen since the last call.
func (r *recorder) take() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds := []string{}
	for _, e := range r.events {
		kinds = append(kinds, e.Kind.String())
	}
	r.events = nil
	return kinds
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		r, s := &recorder{}, &recorder{}
		h := g.Open("key", i.create, r.observe)
		defer h.Close()
		other := g.Open("key", i.create, s.observe)
		silent := g.Open("key", i.create, nil)
		defer silent.Close()

		i.fail()
		for range 10 {
			wantError(t, h, errIssuer)
			time.Sleep(2 * time.Second)
		}
		assert.Equal(t, []string{"failed"}, r.take(), "once per change of state")
		i.heal()
		want(t, h, "token-11")
		assert.Equal(t, []string{"recovered"}, r.take())
		assert.Equal(t, []string{"failed", "recovered"}, s.take())
		require.NoError(t, other.Close())

		time.Sleep(time.Hour)
		assert.Equal(t, []string{"renewed"}, r.take())
		i.set(always(i.issue(12)))
		h.Refused("token-12")
		assert.Equal(t, []string{"unchanged"}, r.take())
		i.fail()
		time.Sleep(70 * time.Minute)
		assert.Equal(t, []string{"failed"}, r.take())
		i.set(always(i.issue(99)))
		time.Sleep(10 * time.Minute)
		assert.Equal(t, []string{"recovered"}, r.take())
		h.Invalidate("token-99")
		i.heal()
		_, err := h.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"fetched"}, r.take())
		assert.Empty(t, s.take(), "a closed handle hears nothing")
	})
}

func TestEventFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		i.set(i.after(3 * time.Second))
		r := &recorder{}
		h := g.Open("key", i.create, r.observe)
		defer h.Close()
		began := time.Now()
		_, err := h.Token(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		ended := began.Add(3 * time.Second)
		expires := ended.Add(time.Hour)
		e := r.events[0]
		assert.True(t, ended.Equal(e.Time))
		assert.Equal(t, 3*time.Second, e.Duration)
		assert.True(t, expires.Equal(e.ExpiresOn))
		assert.True(t, expires.Add(-4*time.Minute-50*time.Second).Equal(e.RefreshOn))
		assert.NoError(t, e.Err)
		assert.NotContains(t, fmt.Sprintf("%+v %#v", e, e), "token-1")

		i.fail()
		time.Sleep(time.Hour)
		synctest.Wait()
		e = r.events[1]
		assert.Equal(t, passwordless.Failed, e.Kind)
		assert.ErrorIs(t, e.Err, errIssuer)
		assert.True(t, expires.Equal(e.ExpiresOn), "the old token is still the current one")
	})
}

func TestObserverMayUseTheHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		var h *token.Handle
		var seen []string
		h = g.Open("key", i.create, func(e passwordless.Event) {
			seen = append(seen, e.Kind.String())
			got, err := h.Token(t.Context())
			assert.NoError(t, err)
			h.Refused(got.Token)
			_ = h.Stats()
			time.Sleep(time.Second) // the next event waits for this one
			assert.NoError(t, g.Open("other", i.create, nil).Close())
		})
		want(t, h, "token-1")
		time.Sleep(5 * time.Second)
		require.NoError(t, h.Close())
		time.Sleep(5 * time.Second)
		assert.Equal(t, "fetched", seen[0])
		assert.Equal(t, "renewed", seen[1])
	})
}

// t.FailNow does that.
func TestObserverThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		events := 0
		h := g.Open("key", (&issuer{}).create, func(passwordless.Event) {
			events++
			runtime.Goexit()
		})
		want(t, h, "token-1")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Equal(t, 3, events, "later events arrive all the same")
		require.NoError(t, h.Close())
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		assert.Equal(t, passwordless.Stats{}, c.Stats())
		i.set(i.after(2 * time.Second))
		began := time.Now()
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		s := c.Stats()
		assert.EqualValues(t, 1, s.Requests)
		assert.EqualValues(t, 1, s.Waits)
		assert.Zero(t, s.Failures)
		assert.True(t, s.Valid)
		assert.True(t, began.Equal(s.LastRequest))
		assert.Equal(t, 2*time.Second, s.LastDuration)
		assert.True(t, began.Add(2*time.Second).Equal(s.ObtainedAt))
		assert.True(t, began.Add(time.Hour+2*time.Second).Equal(s.ExpiresOn))
		assert.NotContains(t, fmt.Sprintf("%+v %#v", s, s), "token-1")

		i.fail()
		time.Sleep(2 * time.Hour)
		wantError(t, c, errIssuer)
		s = c.Stats()
		assert.False(t, s.Valid)
		assert.ErrorIs(t, s.LastError, errIssuer)
		assert.EqualValues(t, 1, s.Failures)
	})
}
