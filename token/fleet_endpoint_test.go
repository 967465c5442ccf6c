package token_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	fleetLatency = 50 * time.Millisecond // of an answer
	throttleHint = "60"                  // Retry-After of Microsoft Entra, in seconds
)

// outage is a time in which the endpoint answers 503.
type outage struct{ from, to time.Duration }

// fleetEndpoint answers all processes of a fleet. Above its limit, a token bucket, it answers 429,
// as Microsoft Entra with Retry-After, as IMDS without.
type fleetEndpoint struct {
	*fleet
	began time.Time

	mu        sync.Mutex
	available float64   // in the bucket
	filled    time.Time // when
	issued    int
	throttled int
	refused   int   // by an outage
	minutes   []int // requests in each minute
	busiest   int   // second
	second    int64
	inSecond  int
}

// Do is the transport of azidentity.
func (e *fleetEndpoint) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return discover(r), nil // once for each process
	}
	e.count()
	time.Sleep(fleetLatency)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	since := now.Sub(e.began)
	for _, o := range e.outages {
		if since >= o.from && since < o.to {
			e.refused++
			return respond(r, http.StatusServiceUnavailable, ""), nil
		}
	}
	e.available = min(e.burst, e.available+now.Sub(e.filled).Seconds()*e.perSecond)
	e.filled = now
	if e.available < 1 {
		e.throttled++
		answer := respond(r, http.StatusTooManyRequests, "")
		if e.principal {
			answer.Header.Set("Retry-After", throttleHint)
		}
		return answer, nil
	}
	e.available--
	e.issued++
	return respond(r, http.StatusOK, tokenAnswer(fmt.Sprintf("token-%d", e.issued), fmt.Sprintf(`"expires_in":%d`, int(e.life().Seconds())))), nil
}

func (e *fleetEndpoint) count() {
	e.mu.Lock()
	defer e.mu.Unlock()
	since := time.Since(e.began)
	e.minutes[min(int(since/time.Minute), len(e.minutes)-1)]++
	if second := int64(since / time.Second); second != e.second {
		e.second, e.inSecond = second, 0
	}
	e.inSecond++
	e.busiest = max(e.busiest, e.inSecond)
}
