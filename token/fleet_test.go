package token_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/token"
)

// fleet is many processes that start within a minute, each with a token of its own and a pool that
// opens a connection about every 5 minutes. An open that has failed is tried again after 10 s.
type fleet struct {
	processes        int
	open             func(*testing.T, *fleetEndpoint) *token.Handle
	lasts            time.Duration
	principal        bool // or a managed identity
	life             func() time.Duration
	perSecond, burst float64 // the endpoint's limit
	outages          []outage
}

const (
	startWithin  = time.Minute
	openInterval = 5 * time.Minute
	openRetry    = 10 * time.Second
	afterwards   = 30 * time.Minute // how long a start or an outage counts as the cause of what happens
)

func aDay() time.Duration { return 24 * time.Hour }

// aPrincipalsLife is what Microsoft Entra chooses.
func aPrincipalsLife() time.Duration { return time.Hour + rand.N(30*time.Minute) }

// phase is what happened in one part of a run: the start, an outage with its end, or all other times.
type phase struct {
	opens, waited, failed int
	lastFailed            time.Duration // since the run began
	requests, peak        int           // and the most in a minute
}

// fleetResult has the phases in the order quiet, start, outages.
type fleetResult struct {
	phases              []phase
	minutes             []int
	throttled, refused  int
	requests, perSecond int
}

// phaseAt is the index of the phase.
func (f *fleet) phaseAt(since time.Duration) int {
	if since < afterwards {
		return 1
	}
	for i, o := range f.outages {
		if since >= o.from && since < o.to+afterwards {
			return 2 + i
		}
	}
	return 0
}

// run simulates the fleet with azidentity and this cache as the connectors use them.
func (f *fleet) run(t *testing.T) (r fleetResult) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		e := &fleetEndpoint{fleet: f, began: time.Now(), available: f.burst, filled: time.Now(), minutes: make([]int, f.lasts/time.Minute+1)}
		r.phases = make([]phase, 2+len(f.outages))
		var mu sync.Mutex
		var processes sync.WaitGroup
		for range f.processes {
			h := f.open(t, e)
			processes.Go(func() {
				opens := f.process(h, e.began)
				mu.Lock()
				defer mu.Unlock()
				for i, o := range opens {
					r.phases[i].add(o)
				}
			})
		}
		processes.Wait()
		r.minutes, r.throttled, r.refused, r.perSecond = e.minutes, e.throttled, e.refused, e.busiest
	})
	for minute, requests := range r.minutes {
		p := &r.phases[f.phaseAt(time.Duration(minute)*time.Minute)]
		p.requests += requests
		p.peak = max(p.peak, requests)
		r.requests += requests
	}
	return r
}

// process opens connections until the run ends.
func (f *fleet) process(h *token.Handle, began time.Time) []phase {
	phases := make([]phase, 2+len(f.outages))
	for pause := rand.N(startWithin); time.Since(began)+pause < f.lasts; {
		time.Sleep(pause)
		at := time.Now()
		_, err := h.Token(context.Background())
		p := &phases[f.phaseAt(at.Sub(began))]
		p.opens++
		pause = time.Duration(rand.ExpFloat64() * float64(openInterval))
		if time.Since(at) > 0 {
			p.waited++
		}
		if err != nil {
			p.failed++
			p.lastFailed = time.Since(began)
			pause = openRetry
		}
	}
	return phases
}

func (p *phase) add(o phase) {
	p.opens, p.waited, p.failed = p.opens+o.opens, p.waited+o.waited, p.failed+o.failed
	p.lastFailed = max(p.lastFailed, o.lastFailed)
}

// The pods of one node, which start within a minute, are no longer in step at their first renewal. Without jitter they are.
func TestFleetIsNotInStep(t *testing.T) {
	connectortest.RandomInBubbles(t)
	const most = 60 // requests in a minute
	node := fleet{processes: 200, open: openReal, lasts: 24 * time.Hour, life: aDay, perSecond: 20, burst: 20}
	for _, jitter := range []bool{true, false} {
		if !jitter {
			token.FixRandom(t, 0)
		}
		r := node.run(t)
		quiet := r.phases[0]
		assert.Equal(t, jitter, quiet.peak <= most, "%d requests in a minute, with jitter: %v", quiet.peak, jitter)
		assert.Equal(t, 2*node.processes, r.requests, "at the start, and at half of the tokens' life")
		assert.Zero(t, quiet.waited+quiet.failed, "opens")
	}
}
