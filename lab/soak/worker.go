package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/azuredb/passwordless"
)

const (
	visitLimit = time.Minute            // no failure may come of it
	shortLimit = 300 * time.Millisecond // at most, of a visit that the worker cancels
)

// worker opens sessions and uses them, as its random numbers say.
type worker struct {
	*crew
	r *rand.Rand
}

func (w *worker) run(ctx context.Context) {
	for pause(ctx, w.upTo(w.Pause)); ctx.Err() == nil; pause(ctx, w.upTo(w.Pause)) {
		w.visit(w.targets[w.r.IntN(len(w.targets))])
	}
}

// visit is a session at a target, or at a handle of its own which is closed afterwards. A short one is cancelled by a
// deadline, wherever that is.
func (w *worker) visit(t *target) {
	h := t.handle
	if w.one(4) {
		var err error
		if h, err = t.open(t.reference, &passwordless.Options{Logger: w.canary.logger()}); err != nil {
			w.add(t, opened, time.Now(), failed, err)
			return
		}
		defer h.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), visitLimit)
	defer cancel()
	short := w.one(5)
	if short {
		ctx, cancel = context.WithTimeout(ctx, w.upTo(shortLimit))
		defer cancel()
	}
	s, ok := w.take(ctx, short, t, h)
	if !ok {
		return
	}
	for range 1 + w.r.IntN(3) {
		w.use(ctx, short, t, s)
	}
	if err := s.end(w.one(2)); err != nil {
		w.add(t, statement, time.Now(), failed, err)
	}
}

// take takes a connection, or returns false.
func (w *worker) take(ctx context.Context, short bool, t *target, h handle) (session, bool) {
	began := time.Now()
	s, err := h.conn(ctx)
	w.add(t, opened, began, causeOf(ctx, short, err), err)
	return s, err == nil
}

// use runs a statement, a slow one or a transaction.
func (w *worker) use(ctx context.Context, short bool, t *target, s session) {
	began := time.Now()
	var err error
	switch d := dialects[t.engine]; {
	case w.one(3):
		err = s.transact(ctx, "select 1", w.upTo(min(d.hold, w.Pause)))
	case w.one(4):
		err = s.query(ctx, d.slow)
	default:
		err = s.query(ctx, "select 1")
	}
	w.add(t, statement, began, causeOf(ctx, short, err), err)
}

// add records what a worker did, and looks for secrets in the error.
func (w *worker) add(t *target, kind string, began time.Time, cause string, err error) {
	rec := record{Kind: kind, Engine: t.engine, Identity: t.identity, Door: t.name, From: began, To: time.Now()}
	if err != nil {
		rec.Cause, rec.Err = cause, err.Error()
		w.canary.check("an error of "+t.engine+", "+t.name, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	w.out.add(rec)
}

// causeOf is what this process knows of a failure.
func causeOf(ctx context.Context, short bool, err error) string {
	if end, _ := ctx.Deadline(); short && !time.Now().Before(end) { // a socket may notice before the context does
		return own
	}
	if _, ok := errors.AsType[*passwordless.TokenError](err); ok {
		return noToken
	}
	return failed
}

// one is true once in n times.
func (w *worker) one(n int) bool { return w.r.IntN(n) == 0 }

func (w *worker) upTo(d time.Duration) time.Duration { return time.Duration(w.r.Int64N(int64(d))) }
