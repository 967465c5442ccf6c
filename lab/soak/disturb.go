package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// disturber follows the plan.
type disturber struct {
	*site
	plan
	child child

	mu      sync.Mutex
	windows []window
	errs    []error
}

// follow does all that the plan says until ctx ends, and leaves nothing broken.
func (d *disturber) follow(ctx context.Context) {
	began := time.Now()
	var tracks sync.WaitGroup
	track := func(kind string, steps []step, do func(context.Context, step) error) {
		tracks.Go(func() {
			for _, s := range steps {
				if pause(ctx, time.Until(began.Add(s.at))); ctx.Err() != nil {
					return
				}
				d.one(kind, s, func() error { return do(ctx, s) })
			}
		})
	}
	track(fault, d.faults, d.fault)
	track(restart, d.restarts, d.restart)
	track(cut, d.cuts, d.cut)
	track(stop, d.stops, d.stop)
	tracks.Wait()
}

// one does a step, and notes when.
func (d *disturber) one(kind string, s step, do func() error) {
	w := window{Kind: kind, What: s.what, From: time.Now()}
	err := do()
	w.To = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.windows = append(d.windows, w)
	if err != nil {
		d.errs = append(d.errs, fmt.Errorf("%s %s: %w", kind, s.what, err))
	}
	if kind != cut {
		fmt.Fprintf(os.Stderr, "%s %s %s, for %v\n", w.From.Format(time.TimeOnly), kind, s.what, w.To.Sub(w.From).Round(10*time.Millisecond))
	}
}

func (d *disturber) fault(ctx context.Context, s step) error {
	remove := d.cloud.Inject(faults[s.what])
	defer remove()
	pause(ctx, s.lasts)
	return nil
}

// restart goes on to its end, also after the workers'.
func (d *disturber) restart(_ context.Context, s step) error {
	return d.site.restart(d.database(s.what), s.lasts)
}

// cut ends half of the connections to a server.
func (d *disturber) cut(_ context.Context, s step) error {
	d.database(s.what).gate.CutSome(0.5)
	return nil
}

func (d *disturber) stop(ctx context.Context, s step) error {
	if err := d.child.pause(); err != nil {
		return err
	}
	pause(ctx, s.lasts)
	return d.child.resume()
}

func (d *disturber) database(engine string) *database {
	return d.databases[slices.IndexFunc(d.databases, func(d *database) bool { return d.engine == engine })]
}
