package token_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

// wait calls Token in a new goroutine and returns its error.
func wait(ctx context.Context, s source) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := s.Token(ctx)
		result <- err
	}()
	synctest.Wait()
	return result
}

// slow makes every later request last 20 s, or until its context ends, and
// returns how many ended that way.
func (i *issuer) slow() *atomic.Int32 {
	var canceled atomic.Int32
	answer := i.after(20 * time.Second)
	i.set(func(ctx context.Context, n int, forceRefresh bool) (azcore.AccessToken, error) {
		a, err := answer(ctx, n, forceRefresh)
		if err != nil {
			canceled.Add(1)
		}
		return a, err
	})
	return &canceled
}

func TestCloseCancelsWhatNoOneWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i, r := &issuer{}, &recorder{}
		canceled := i.slow()
		a, b := g.Open("key", i.create, r.observe), g.Open("key", i.create, r.observe)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		require.ErrorIs(t, <-wait(ctx, a), context.DeadlineExceeded)
		require.NoError(t, a.Close())
		b.SetActive(false)
		synctest.Wait()
		assert.Zero(t, canceled.Load(), "an open handle, active or not, keeps it")

		require.NoError(t, b.Close())
		synctest.Wait()
		assert.EqualValues(t, 1, canceled.Load())
		s := b.Stats()
		assert.EqualValues(t, 1, s.Requests)
		assert.Zero(t, s.Failures, "a cancelled request has not failed")
		assert.NoError(t, s.LastError)

		c := g.Open("key", i.create, r.observe)
		i.heal()
		want(t, c, "token-2")
		assert.Equal(t, []string{"fetched"}, r.take())
		require.NoError(t, c.Close())
	})
}

func TestCloseCancelsABackgroundRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", i.create, nil)
		want(t, h, "token-1")
		require.NoError(t, h.Close())
		time.Sleep(time.Hour - time.Minute)
		canceled := i.slow()
		h = g.Open("key", i.create, nil)
		want(t, h, "token-1") // in the advisory window
		synctest.Wait()
		assert.Equal(t, 2, i.requests())
		require.NoError(t, h.Close())
		want(t, h, "token-1")
		synctest.Wait()
		assert.EqualValues(t, 1, canceled.Load())
		assert.Equal(t, 3, i.requests(), "the next caller starts another at once")
		require.NoError(t, h.Close(), "which does nothing the second time")
		time.Sleep(21 * time.Second)
		want(t, h, "token-3")
	})
}

// A program that opens a database, is refused, closes it and tries again must get
// its new token some day.
func TestCloseLeavesTheRenewalAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", i.create, nil)
		want(t, h, "token-1")
		canceled := i.slow()
		h.Refused("token-1")
		synctest.Wait()
		require.NoError(t, h.Close())
		time.Sleep(21 * time.Second)
		want(t, h, "token-2")
		assert.Zero(t, canceled.Load())
		assert.Equal(t, 2, i.requests())
	})
}

// So too a caller who is served the old token after waiting for a slow renewal.
func TestTheLastToStopWaitingCancelsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", i.create, nil)
		want(t, h, "token-1")
		require.NoError(t, h.Close())
		time.Sleep(time.Hour - 20*time.Second)
		canceled := i.slow()
		held, err := h.Token(t.Context()) // in the mandatory window
		require.NoError(t, err)
		assert.Equal(t, "token-1", held.Token)
		synctest.Wait()
		assert.EqualValues(t, 1, canceled.Load())
	})
}

func TestCloseEndsTheStartupRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		i.starting(0)
		h := g.Open("key", func() *token.Cache { return token.New(i.fetch, &token.Options{NotReady: notReady}) }, nil)
		ctx, leave := context.WithTimeout(t.Context(), 5*time.Second)
		defer leave()
		require.ErrorIs(t, <-wait(ctx, h), errRefused)
		n := i.requests()
		require.NoError(t, h.Close())
		time.Sleep(time.Minute)
		assert.Equal(t, n, i.requests())
	})
}

// The order of database/sql's DB.Close: the handle is closed while a login may
// still be about to notice that its context has ended.
func TestCallersOfAClosedHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		canceled := i.slow()
		h := g.Open("key", i.create, nil)
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := wait(ctx, h), wait(t.Context(), h)
		require.NoError(t, h.Close())
		leave()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, <-stayed, "it is not cut off")
		assert.Zero(t, canceled.Load())

		h.Invalidate("token-1")
		ctx, leave = context.WithTimeout(t.Context(), time.Second)
		defer leave()
		require.ErrorIs(t, <-wait(ctx, h), context.DeadlineExceeded)
		synctest.Wait()
		assert.EqualValues(t, 1, canceled.Load(), "the last caller of a closed handle takes the request along")
	})
}

// The group's promise of one request at a time holds for a credential that goes
// on although its context has ended.
func TestOneCallAtATimeAcrossACancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		var running, most atomic.Int32
		i.set(func(_ context.Context, n int, _ bool) (azcore.AccessToken, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			time.Sleep(40 * time.Second)
			return i.issue(n), nil
		})
		first := g.Open("key", i.create, nil)
		for range 3 { // each leaves a request behind
			h := g.Open("key", i.create, nil)
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, <-wait(ctx, h), context.DeadlineExceeded)
			leave()
			require.NoError(t, first.Close())
			require.NoError(t, h.Close())
		}
		assert.Equal(t, 1, i.requests())
		began := time.Now()
		_, err := first.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "token: no answer within 30s: the credential has not returned from a cancelled request")
		assert.Equal(t, 30*time.Second, time.Since(began))
		time.Sleep(7 * time.Second)
		synctest.Wait()
		assert.Zero(t, running.Load())
		i.heal()
		want(t, first, "token-2")
		assert.EqualValues(t, 1, most.Load())
	})
}

func TestALateErrorOfACancelledRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		h := g.Open("key", func() *token.Cache { return token.New(i.fetch, &token.Options{NotReady: notReady}) }, nil)
		want(t, h, "token-1")
		h.SetActive(false)
		time.Sleep(time.Hour - 4*time.Minute)
		i.starting(10 * time.Second)
		want(t, h, "token-1") // starts a renewal
		synctest.Wait()
		require.NoError(t, h.Close())
		canceled := i.slow()
		want(t, h, "token-1") // starts another, which waits for the credential
		time.Sleep(time.Minute)
		want(t, h, "token-3")
		assert.Zero(t, canceled.Load(), "it is not taken for the cancelled one")
	})
}

func TestACacheWithoutAGroupGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		canceled := i.slow()
		c := token.New(i.fetch, nil)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		require.ErrorIs(t, <-wait(ctx, c), context.DeadlineExceeded)
		time.Sleep(20 * time.Second)
		assert.Zero(t, canceled.Load())
		want(t, c, "token-1")
	})
}

func TestInactiveHandleKeepsItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g token.Group[string]
		i := &issuer{}
		canceled := i.slow()
		h := g.Open("key", i.create, nil)
		result := wait(t.Context(), h)
		h.SetActive(false)
		require.NoError(t, <-result)
		h.Refused("token-1")
		h.SetActive(true)
		h.SetActive(false)
		time.Sleep(time.Minute)
		want(t, h, "token-2")
		assert.Zero(t, canceled.Load(), "nor does one end that no one waits for")
		require.NoError(t, h.Close())
	})
}
