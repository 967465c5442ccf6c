package main

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

// inProcess are workers in this process, which nothing stops, so what they hold is not measured.
type inProcess struct{ ended chan error }

func (inProcess) pause() error  { return nil }
func (inProcess) resume() error { return nil }
func (p inProcess) wait() error { return <-p.ended }

var soaked atomic.Bool // in this process

// A soak of two seconds in one process, against the stand-ins.
func TestSoak(t *testing.T) {
	if soaked.Swap(true) {
		t.Skip("once in a process, which reads the system's roots once: those of the first cloud")
	}
	standIns := []server{servers[0], servers[2]}
	start := standIns[0].start
	standIns[0].start = func(ctx context.Context, c *azuretest.Cloud, o *lab.Options) (*lab.Server, error) {
		o.Embedded = true
		return start(ctx, c, o)
	}
	short := func(uint64, time.Duration, []string) plan {
		const ms = time.Millisecond
		return plan{
			faults:   []step{{200 * ms, 500 * ms, "500"}},
			restarts: []step{{500 * ms, 100 * ms, "sqlserver"}},
			cuts:     []step{{300 * ms, 0, "postgresql"}, {900 * ms, 0, "sqlserver"}},
			stops:    []step{{100 * ms, 100 * ms, ""}},
		}
	}
	measured := func(when string) usage { return usage{When: when} }
	r, err := run(t.Context(), settings{Seed: 1, Workers: 6, Lasts: 2 * time.Second, Pause: 200 * time.Millisecond}, standIns, short,
		func(_ context.Context, s settings, environ []string, records io.Writer) (child, error) {
			azuretest.Setenv(t, environ...)
			p := inProcess{make(chan error, 1)}
			go func() {
				p.ended <- work(s, records, measured, func(when string, _ usage) usage { return measured(when) })
			}()
			return p, nil
		})
	require.NoError(t, err)
	assert.Empty(t, r.Violations)
	assert.Equal(t, map[string]int{fault: 1, restart: 1, cut: 2, stop: 1}, map[string]int{
		fault: r.Windows[fault].Times, restart: r.Windows[restart].Times, cut: r.Windows[cut].Times, stop: r.Windows[stop].Times})
	for _, engine := range []string{"postgresql", "sqlserver", allEngines} {
		require.Contains(t, r.Engines, engine)
		assert.NotZero(t, r.Engines[engine].Logins, engine)
		assert.Greater(t, r.Engines[engine].Opens, r.Engines[engine].Failed, engine)
	}
	assert.NotZero(t, r.Tokens)
}
