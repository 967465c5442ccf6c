package credential

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// scripted is a prober whose probe takes a while, and counts.
type scripted struct {
	prober
	takes            time.Duration
	answers          bool
	began, cancelled atomic.Int32
	running, most    atomic.Int32
}

func newScripted(takes time.Duration, answers bool) *scripted {
	s := &scripted{takes: takes, answers: answers}
	s.ask = func(ctx context.Context) probeOutcome {
		s.began.Add(1)
		s.most.Store(max(s.most.Load(), s.running.Add(1)))
		defer s.running.Add(-1)
		select {
		case <-time.After(s.takes):
			return probeOutcome{answered: s.answers, Text: "HTTP 410"}
		case <-ctx.Done():
			s.cancelled.Add(1)
			return noAnswer(ctx, ctx.Err())
		}
	}
	return s
}

func TestProbeTakesAtMostASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, start := newScripted(time.Hour, true), time.Now()
		assert.False(t, s.Wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		assert.Equal(t, probeOutcome{Text: "no answer within 1s", At: time.Now()}, s.Outcome())
	})
}

func TestAnAnswerIsProofForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Millisecond, true)
		assert.True(t, s.Wait(t.Context()))
		s.again()
		assert.True(t, s.Wait(t.Context()))
		assert.EqualValues(t, 1, s.began.Load())
		assert.Equal(t, "HTTP 410", s.Outcome().Text)
	})
}

func TestNoTwoProbesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, false)
		for range 3 {
			go s.Wait(t.Context())
			s.again()
		}
		time.Sleep(2 * time.Second)
		assert.EqualValues(t, 1, s.began.Load())
		assert.False(t, s.Wait(t.Context()), "no outcome but an answer sticks")
		assert.EqualValues(t, 2, s.began.Load())
		assert.EqualValues(t, 1, s.most.Load())
	})
}

func TestTheLastHandleCancelsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Hour, false)
		s.Join()
		s.Join()
		s.again()
		synctest.Wait()
		s.Leave()
		synctest.Wait()
		assert.Zero(t, s.cancelled.Load())
		s.Leave()
		synctest.Wait()
		assert.EqualValues(t, 1, s.cancelled.Load())
		assert.Zero(t, s.running.Load())
		assert.Zero(t, s.Outcome(), "a probe that was cut short says nothing")
	})
}

func TestWhoWaitsKeepsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, true)
		s.Join()
		result := make(chan bool)
		go func() { result <- s.Wait(t.Context()) }()
		synctest.Wait()
		s.Leave()
		assert.True(t, <-result)
	})
}

// A probe that no one has a use for any more says nothing to who comes just then.
func TestWhoComesDuringACancellationProbesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, true)
		s.Join()
		s.again()
		synctest.Wait()
		s.Leave()
		assert.True(t, s.Wait(t.Context()))
		assert.EqualValues(t, 2, s.began.Load())
		assert.EqualValues(t, 1, s.most.Load())
	})
}

func TestTheLastWhoWaitsCancelsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Hour, true)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		assert.False(t, s.Wait(ctx))
		synctest.Wait()
		assert.EqualValues(t, 1, s.cancelled.Load())
	})
}

func TestAProbeThatDoesNotObey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(0, false)
		s.ask = func(context.Context) probeOutcome { time.Sleep(time.Minute); return probeOutcome{answered: true} }
		start := time.Now()
		assert.False(t, s.Wait(t.Context()))
		assert.Equal(t, probeTimeout+cancelGrace, time.Since(start))
		time.Sleep(time.Minute)
		assert.True(t, s.Wait(t.Context()), "a late answer counts too")
	})
}

func TestAProbeThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(0, false)
		s.ask = func(context.Context) probeOutcome { panic("canary") }
		assert.False(t, s.Wait(t.Context()))
		assert.Equal(t, "the probe panicked with a value of type string", s.Outcome().Text)
	})
}
