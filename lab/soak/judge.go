package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The kinds of windows.
const (
	fault   = "fault"   // the identity endpoints failed
	restart = "restart" // a server was down
	cut     = "cut"     // connections to a server were cut
	stop    = "stop"    // the process with the workers was stopped
)

// window is a time in which the soak did something to the workers' surroundings.
type window struct {
	Kind, What string    // What is the fault or the engine
	From, To   time.Time // by the wall clock
}

// The causes of failed opens that break no promise, in the order in which they are considered.
const (
	byWorker   = "cancelled by the worker"
	byFault    = "no valid token, endpoint failing"
	byStopped  = "no valid token, process stopped"
	byRestart  = "server restarting"
	byCut      = "connection cut"
	byStop     = "process stopped"
	byExpiry   = "token expired during the login"
	unexpected = "without a reason"
)

var causes = []string{byWorker, byFault, byStopped, byRestart, byCut, byStop, byExpiry, unexpected}

const (
	// tokenEdge is how long before its end a token may count as expired, for answers give the end in whole seconds.
	tokenEdge = 2 * time.Second
	// faultTail is how long after a fault there may be no token: a request that began in it may hang, and the next one
	// comes a second after its end, on a busy machine later.
	faultTail = requestTimeout + 6*time.Second
	// waitLimit is more than the two seconds for which an open may wait while there is a valid token, as machines are busy.
	waitLimit = requestTimeout - 2*time.Second
	openLimit = 30 * time.Second // the login's own
)

// history is what has happened, for judging it.
type history struct {
	windows []window
	tokens  map[[2]string][]record // by engine and identity, in the order of From
}

func newHistory(windows []window, records []record) *history {
	h := &history{windows: windows, tokens: map[[2]string][]record{}}
	for _, r := range records {
		if r.Kind == token {
			key := [2]string{r.Engine, r.Identity}
			h.tokens[key] = append(h.tokens[key], r)
		}
	}
	for _, all := range h.tokens {
		slices.SortFunc(all, func(a, b record) int { return a.From.Compare(b.From) })
	}
	return h
}

// during tells whether a window of the kind, and of the engine if that is not empty, overlaps the record. It counts as
// longer by tail.
func (h *history) during(r record, kind, engine string, tail time.Duration) bool {
	return slices.ContainsFunc(h.windows, func(w window) bool {
		return w.Kind == kind && (engine == "" || w.What == engine) && !w.From.After(r.To) && !w.To.Add(tail).Before(r.From)
	})
}

// covered tells whether there was a valid token all the time.
func (h *history) covered(r record) bool {
	at := r.From
	for _, t := range h.tokens[[2]string{r.Engine, r.Identity}] {
		if end := t.To.Add(-tokenEdge); !t.From.After(at) && end.After(at) {
			at = end
		}
	}
	return at.After(r.To)
}

// beganValid tells whether there was a valid token when the record began.
func (h *history) beganValid(r record) bool {
	return slices.ContainsFunc(h.tokens[[2]string{r.Engine, r.Identity}], func(t record) bool {
		return !t.From.After(r.From) && t.To.Add(-tokenEdge-time.Second).After(r.From)
	})
}

// expiredDuring tells whether the token that was the latest when the record began expired before its end.
func (h *history) expiredDuring(r record) bool {
	var latest record
	for _, t := range h.tokens[[2]string{r.Engine, r.Identity}] {
		if !t.From.After(r.From) {
			latest = t
		}
	}
	return !latest.To.Add(-tokenEdge).After(r.To)
}

// cause is why an open failed.
func (h *history) cause(r record) string {
	failing, stopped := h.during(r, fault, "", faultTail), h.during(r, stop, "", 0)
	switch {
	case r.Cause == own:
		return byWorker
	case r.Cause == noToken && h.covered(r):
		return unexpected
	case r.Cause == noToken && failing:
		return byFault
	case r.Cause == noToken && stopped:
		return byStopped
	case r.Cause == noToken:
		return unexpected
	case h.during(r, restart, r.Engine, 0):
		return byRestart
	case h.during(r, cut, r.Engine, 0):
		return byCut
	case stopped:
		return byStop
	case failing && h.expiredDuring(r): // else it would have been renewed long before
		return byExpiry
	}
	return unexpected
}

// undisturbed tells whether the server was there and the process ran all the time.
func (h *history) undisturbed(r record) bool {
	return !h.during(r, restart, r.Engine, 0) && !h.during(r, stop, "", 0)
}

// violation is the promise that a record breaks, empty if none.
func (h *history) violation(r record) string {
	broken := ""
	switch {
	case r.Kind == leaked:
		return "a secret is in " + r.Err
	case r.Kind == opened && r.Err != "" && h.cause(r) == unexpected:
		broken = "an open failed"
		if r.Cause == noToken && h.covered(r) {
			broken += " while there was a valid token"
		}
	case r.Kind == opened && r.Err == "" && r.took() > openLimit && h.undisturbed(r):
		broken = "an open took too long"
	case r.Kind == waited && (r.Cause != "" || r.took() > waitLimit) && h.beganValid(r) && !h.during(r, stop, "", 0):
		broken = "a login waited for a token in spite of a valid one"
	default:
		return ""
	}
	return fmt.Sprintf("%s: %s, %s, %s, at %s for %v: %s", broken, r.Engine, r.Identity, r.Door,
		r.From.Format("15:04:05.000"), r.took().Round(time.Millisecond), cmp.Or(r.Err, r.Cause, "it went well"))
}
