package main

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// tokenLife is how long each token lives.
const tokenLife = 15 * time.Second

// step is something that the soak does to the workers' surroundings.
type step struct {
	at, lasts time.Duration // from the start
	what      string        // the fault's name, or the engine
}

// plan is all that the soak does, in the order of time.
type plan struct {
	faults, restarts, cuts, stops []step
}

// faults are the ways in which the identity endpoints fail.
var faults = map[string]azuretest.Fault{
	"500":        {Status: http.StatusInternalServerError},
	"503":        {Status: http.StatusServiceUnavailable},
	"429":        {Status: http.StatusTooManyRequests, RetryAfter: time.Second},
	"hang":       {Delay: time.Hour},
	"slow":       {Delay: 2 * time.Second},
	"reset":      {CloseConn: true},
	"HTML":       {Status: http.StatusOK, Body: "<html>captive portal</html>"},
	"truncated":  {Status: http.StatusOK, Body: `{"access_token":"`},
	"expired":    {Lifetime: -time.Second},
	"short life": {Lifetime: 4 * time.Second},
}

// faultNames are those of faults, in an order that does not change from run to run.
var faultNames = []string{"500", "503", "429", "hang", "slow", "reset", "HTML", "truncated", "expired", "short life"}

// newPlan makes the plan of a seed. Every third fault, and every stop of the process, lasts longer than a token lives.
func newPlan(seed uint64, total time.Duration, engines []string) plan {
	r := rand.New(rand.NewPCG(seed, 0))
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(r.Int64N(int64(to-from))) }
	steps := func(pause, last [2]time.Duration, adjust func(i int, s *step)) (all []step) {
		const quiet = 5 * time.Second // at the end
		for at := between(pause[0], pause[1]); ; at += between(pause[0], pause[1]) {
			s := step{at: at, lasts: between(last[0], last[1])}
			adjust(len(all), &s)
			if s.at+s.lasts+quiet > total {
				return all
			}
			all = append(all, s)
			at += s.lasts
		}
	}
	seconds := func(from, to time.Duration) [2]time.Duration {
		return [2]time.Duration{from * time.Second, to * time.Second}
	}
	return plan{
		faults: steps(seconds(4, 12), seconds(1, 8), func(i int, s *step) {
			s.what = faultNames[r.IntN(len(faultNames))]
			if i%3 == 2 {
				s.lasts += tokenLife
			}
		}),
		restarts: steps(seconds(10, 25), seconds(1, 3), func(i int, s *step) { s.what = engines[i%len(engines)] }),
		cuts:     steps(seconds(2, 6), seconds(0, 1), func(_ int, s *step) { s.lasts, s.what = 0, engines[r.IntN(len(engines))] }),
		stops:    steps(seconds(20, 50), seconds(1, 5), func(_ int, s *step) { s.lasts += tokenLife }),
	}
}
