package credential

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/connectortest"
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
		assert.False(t, s.wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		assert.Equal(t, probeOutcome{Text: "no answer within 1s", At: time.Now()}, s.outcome())
	})
}

func TestAnAnswerIsProofForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Millisecond, true)
		assert.True(t, s.wait(t.Context()))
		s.again()
		assert.True(t, s.wait(t.Context()))
		assert.EqualValues(t, 1, s.began.Load())
		assert.Equal(t, "HTTP 410", s.outcome().Text)
	})
}

func TestNoTwoProbesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, false)
		for range 3 {
			go s.wait(t.Context())
			s.again()
		}
		time.Sleep(2 * time.Second)
		assert.EqualValues(t, 1, s.began.Load())
		assert.False(t, s.wait(t.Context()), "no outcome but an answer sticks")
		assert.EqualValues(t, 2, s.began.Load())
		assert.EqualValues(t, 1, s.most.Load())
	})
}

func TestTheLastHandleCancelsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Hour, false)
		s.subscribe()
		s.subscribe()
		s.again()
		synctest.Wait()
		s.unsubscribe()
		synctest.Wait()
		assert.Zero(t, s.cancelled.Load())
		s.unsubscribe()
		synctest.Wait()
		assert.EqualValues(t, 1, s.cancelled.Load())
		assert.Zero(t, s.running.Load())
		assert.Zero(t, s.outcome(), "a probe that was cut short says nothing")
	})
}

func TestWhoWaitsKeepsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, true)
		s.subscribe()
		result := make(chan bool)
		go func() { result <- s.wait(t.Context()) }()
		synctest.Wait()
		s.unsubscribe()
		assert.True(t, <-result)
	})
}

// A probe that no one has a use for any more says nothing to who comes just then.
func TestWhoComesDuringACancellationProbesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(500*time.Millisecond, true)
		s.subscribe()
		s.again()
		synctest.Wait()
		s.unsubscribe()
		assert.True(t, s.wait(t.Context()))
		assert.EqualValues(t, 2, s.began.Load())
		assert.EqualValues(t, 1, s.most.Load())
	})
}

func TestTheLastWhoWaitsCancelsTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(time.Hour, true)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		assert.False(t, s.wait(ctx))
		synctest.Wait()
		assert.EqualValues(t, 1, s.cancelled.Load())
	})
}

func TestAProbeThatDoesNotObey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(0, false)
		s.ask = func(context.Context) probeOutcome { time.Sleep(time.Minute); return probeOutcome{answered: true} }
		start := time.Now()
		assert.False(t, s.wait(t.Context()))
		assert.Equal(t, probeTimeout+cancelGrace, time.Since(start))
		time.Sleep(time.Minute)
		assert.True(t, s.wait(t.Context()), "a late answer counts too")
	})
}

func TestAProbeThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(0, false)
		s.ask = func(context.Context) probeOutcome { panic("canary") }
		assert.False(t, s.wait(t.Context()))
		assert.Equal(t, "the probe panicked with a value of type string", s.outcome().Text)
	})
}

func TestProbeIMDS(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		body   string
		azure  bool
	}{
		{"the missing header refused", 400, `{"error":"invalid_request","error_description":"Required metadata header not specified"}`, true},
		{"400 by something else", 400, "<html>Bad Request</html>", false},
		{"throttled", 429, `{"error":"too_many_requests","error_description":"Temporarily throttled, too many requests"}`, true},
		{"failing", 500, `{"error":"unknown","error_description":"Failed to retrieve token from the Active directory."}`, true},
		{"being updated", 404, `{ "error": "Not found. Invalid version requested" }`, true},
		{"being updated, with 410", 410, `{"error":"gone"}`, true},
		{"a gateway's failure", 502, "<html>Bad Gateway</html>", false},
		{"a proxy's failure", 503, "", false},
		{"a page of another web server", 404, "<html>Not Found</html>", false},
		{"another service's document", 404, `{"code":"NotFound","message":"no such path"}`, false},
		{"another shape of error", 404, `{"error":{"code":404,"message":"not found"}}`, false},
		{"a captive portal", 200, "<html>Sign in to the network</html>", false},
		{"a captive portal's redirect", 302, "", false},
		{"not found, as in other clouds", 404, "{}", false},
		{"unauthorized, as in other clouds", 401, "", false},
		{"Docker Desktop's proxy", 403, "connecting to 169.254.169.254:80: a socket operation was attempted to an unreachable network", false},
		{"a page", 200, "{}", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent *http.Request
			got := probeIMDS(t.Context(), connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				sent = r
				return connectortest.Respond(row.status, row.body)(r)
			}))
			assert.Equal(t, row.azure, got.answered, got.Text)
			assert.Contains(t, got.Text, fmt.Sprintf("HTTP %d", row.status))
			assert.Equal(t, http.MethodGet, sent.Method)
			assert.Equal(t, imdsTokenURL, sent.URL.String())
			assert.Empty(t, sent.Header, "the Metadata header would make it a token request")
		})
	}
	got := probeIMDS(t.Context(), connectortest.TransportFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF }))
	assert.Equal(t, probeOutcome{Text: "no answer: EOF"}, got)
}

// Microsoft's service signs its responses, whatever their status and body.
func TestProbeKnowsTheServerHeader(t *testing.T) {
	for server, azure := range map[string]bool{
		"IMDS/150.870.65.1854": true, "imds/1": true, "IMDS": false, "EC2ws": false, "Metadata Server for VM": false, "": false,
	} {
		for _, status := range []int{200, 400, 404, 410, 429, 500, 503} {
			got := probeIMDS(t.Context(), connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				response, err := connectortest.Respond(status, "")(r)
				response.Header = http.Header{"Server": {server}}
				return response, err
			}))
			assert.Equal(t, azure, got.answered, "%s %d", server, status)
		}
	}
}
