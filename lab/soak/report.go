package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// heapGrowth is how much more may be held at the end than before: the drivers' caches and buffers.
const heapGrowth = 16 << 20

// report is what came of a soak.
type report struct {
	Seed                  uint64
	Lasted                string
	Servers               map[string]string   // what they are, by engine
	Engines               map[string]*figures // and of all of them
	Windows               map[string]span     // what was done, by kind
	TokenRequests, Tokens int                 // asked for and given
	Usage                 map[string]usage    // before, meanwhile (the most of each) and after
	Violations            []string
}

// figures are those of an engine.
type figures struct {
	Opens, Failed, Logins, Statements, StatementsFailed, Retired int

	Causes     map[string]int // of the failed opens
	Open, Wait waits          // of opens and for tokens, that went well while the server was up and a token valid
}

// waits are in milliseconds.
type waits struct {
	P50, P99, Max float64
	all           []time.Duration
}

// span is how often and for how long something was done.
type span struct {
	Times   int
	Seconds float64
}

const allEngines = "all"

// newReport judges what happened.
func newReport(windows []window, records []record) *report {
	h := newHistory(windows, records)
	r := &report{Engines: map[string]*figures{}, Windows: map[string]span{}, Usage: map[string]usage{}}
	for _, w := range windows {
		s := r.Windows[w.Kind]
		r.Windows[w.Kind] = span{s.Times + 1, s.Seconds + w.To.Sub(w.From).Seconds()}
	}
	for _, rec := range records {
		if v := h.violation(rec); v != "" {
			r.Violations = append(r.Violations, v)
		}
		if rec.Usage != nil {
			r.addUsage(*rec.Usage)
			continue
		}
		for _, engine := range []string{rec.Engine, allEngines} {
			if r.Engines[engine] == nil {
				r.Engines[engine] = &figures{Causes: map[string]int{}}
			}
			r.Engines[engine].add(h, rec)
		}
	}
	for _, f := range r.Engines {
		f.Open.sum()
		f.Wait.sum()
	}
	r.judgeUsage()
	return r
}

func (r *report) addUsage(u usage) {
	most := r.Usage[u.When]
	r.Usage[u.When] = usage{u.When, max(most.Goroutines, u.Goroutines), max(most.Descriptors, u.Descriptors), max(most.HeapBytes, u.HeapBytes)}
}

func (r *report) judgeUsage() {
	b, a := r.Usage[before], r.Usage[after]
	if a.When == "" {
		r.Violations = append(r.Violations, "the workers did not come to their end")
	}
	if a.Goroutines > b.Goroutines || a.Descriptors > b.Descriptors || a.HeapBytes > b.HeapBytes+heapGrowth {
		r.Violations = append(r.Violations, fmt.Sprintf("something is left after all is closed: %+v, before %+v", a, b))
	}
}

func (f *figures) add(h *history, r record) {
	switch {
	case r.Kind == opened && r.Err != "":
		f.Failed++
		f.Causes[h.cause(r)]++
		fallthrough
	case r.Kind == opened:
		f.Opens++
		if r.Err == "" && h.covered(r) && h.undisturbed(r) {
			f.Open.all = append(f.Open.all, r.took())
		}
	case r.Kind == waited:
		if r.Cause == "" && h.covered(r) && h.undisturbed(r) {
			f.Wait.all = append(f.Wait.all, r.took())
		}
	case r.Kind == login && r.Cause == "":
		f.Logins++
	case r.Kind == statement:
		f.Statements++
		if r.Err != "" {
			f.StatementsFailed++
		}
	case r.Kind == retired:
		f.Retired++
	}
}

func (w *waits) sum() {
	if len(w.all) == 0 {
		return
	}
	slices.Sort(w.all)
	at := func(part float64) float64 {
		return float64(w.all[int(part*float64(len(w.all)-1))].Microseconds()) / 1000
	}
	w.P50, w.P99, w.Max = at(0.5), at(0.99), at(1)
}

// write writes the table.
func (r *report) write(out io.Writer) error {
	fmt.Fprintf(out, "soak of %s, seed %d: %d endpoint faults (%.0f s), %d restarts of servers, %d cuts, %d stops of the process (%.0f s)\n",
		r.Lasted, r.Seed, r.Windows[fault].Times, r.Windows[fault].Seconds, r.Windows[restart].Times, r.Windows[cut].Times,
		r.Windows[stop].Times, r.Windows[stop].Seconds)
	if err := r.writeEngines(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "token requests: %d, tokens given: %d\n", r.TokenRequests, r.Tokens)
	for _, when := range []string{before, meanwhile, after} {
		u := r.Usage[when]
		fmt.Fprintf(out, "%-9s  goroutines %4d  descriptors %4d  heap %5.1f MB\n", when, u.Goroutines, u.Descriptors, float64(u.HeapBytes)/(1<<20))
	}
	for _, v := range r.Violations {
		fmt.Fprintln(out, "VIOLATION:", v)
	}
	_, err := fmt.Fprintf(out, "violations: %d\n", len(r.Violations))
	return err
}

// writeEngines writes a column for each engine.
func (r *report) writeEngines(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	columns := append(slices.Sorted(maps.Keys(r.Servers)), allEngines)
	row := func(name string, of func(f *figures) string) {
		fmt.Fprintf(t, "%s\t", name)
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", of(cmp.Or(r.Engines[c], &figures{})))
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintf(t, "\t%s\t\n", strings.Join(columns, "\t"))
	row("opens", func(f *figures) string { return fmt.Sprint(f.Opens) })
	row("failed", func(f *figures) string { return fmt.Sprint(f.Failed) })
	for _, c := range causes {
		row(c, func(f *figures) string { return fmt.Sprint(f.Causes[c]) })
	}
	row("open, ms: p50/p99/max", func(f *figures) string { return f.Open.String() })
	row("wait for a token, ms", func(f *figures) string { return f.Wait.String() })
	row("logins", func(f *figures) string { return fmt.Sprint(f.Logins) })
	row("retired connections", func(f *figures) string { return fmt.Sprint(f.Retired) })
	row("statements/failed", func(f *figures) string { return fmt.Sprintf("%d/%d", f.Statements, f.StatementsFailed) })
	return t.Flush()
}

func (w waits) String() string { return fmt.Sprintf("%.2f/%.1f/%.0f", w.P50, w.P99, w.Max) }
