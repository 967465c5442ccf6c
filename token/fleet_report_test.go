package token_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
	"github.com/azuredb/passwordless/token"
)

const (
	fleetPage    = "../docs/fleet.md"
	fleetChart   = "../docs/fleet.svg"
	figuresBegin = "<!-- make simulate wrote this -->\n"
	figuresEnd   = "<!-- and no more -->\n"
)

// scenario is a fleet of 10,000 processes for two days, with two outages at the worst moment for managed identities:
// while they renew.
type scenario struct {
	name string
	fleet
	jitter bool
	result fleetResult
}

func scenarios() []scenario {
	managed := fleet{
		processes: 10_000, open: openLight, lasts: 48 * time.Hour, life: aDay, perSecond: 50, burst: 100,
		outages: []outage{{24 * time.Hour, 24*time.Hour + 10*time.Minute}, {35*time.Hour + 30*time.Minute, 37*time.Hour + 30*time.Minute}},
	}
	principals := managed
	principals.principal, principals.life = true, aPrincipalsLife
	principals.processes, principals.perSecond, principals.burst = 2_000, 10, 20 // a fifth: in an outage they make a hundred times as many requests
	return []scenario{
		{name: "managed identity", fleet: managed, jitter: true}, {name: "the same without jitter", fleet: managed},
		{name: "service principal", fleet: principals, jitter: true}, {name: "the same without jitter", fleet: principals},
	}
}

// TestFleetFigures writes the figures of docs/fleet.md, which takes about 20 minutes, with -update. Without, it only
// asserts that they are those of these fleets.
func TestFleetFigures(t *testing.T) {
	all := scenarios()
	_, old, _, err := generated.Block(fleetPage, figuresBegin, figuresEnd)
	require.NoError(t, err)
	if !*generated.Update {
		assert.True(t, strings.HasPrefix(old, describe(&all[0].fleet)), "docs/fleet.md is about another fleet: run make simulate")
		return
	}
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			if !all[i].jitter {
				token.FixRandom(t, 0)
			}
			began := time.Now()
			all[i].result = all[i].run(t)
			t.Log("took", time.Since(began).Round(time.Second))
		})
	}
	figures := describe(&all[0].fleet) + fmt.Sprintf("Simulated on %s, %s.\n\n", time.Now().Format(time.DateOnly), runtime.Version()) + table(all)
	require.NoError(t, generated.CheckBlock(fleetPage, figuresBegin, figuresEnd, figures))
	require.NoError(t, generated.Check(fleetChart, chart(all)))
}

// describe says what is simulated.
func describe(f *fleet) string {
	var outages []string
	for _, o := range f.outages {
		outages = append(outages, fmt.Sprintf("%v h in for %v min", o.from.Hours(), (o.to-o.from).Minutes()))
	}
	return fmt.Sprintf(`%s processes with managed identities, whose tokens live 24 h, start within %v s and run for %v h. Each opens a
connection every %v minutes on average, and again %v s after an open that failed. One endpoint for all of them answers in %v ms, issues
at most %v tokens a second (a bucket of %v; above it 429, to service principals with Retry-After: %s), and answers 503 during the
outages: %s. A fifth as many service principals, whose tokens live 60 to 90 min at random,
have a fifth of the limit.
`, thousands(f.processes), startWithin.Seconds(), f.lasts.Hours(), openInterval.Minutes(), openRetry.Seconds(),
		fleetLatency.Milliseconds(), f.perSecond, f.burst, throttleHint, strings.Join(outages, ", and "))
}

// table is the figures of all scenarios.
func table(all []scenario) string {
	var b strings.Builder
	row := func(name string, value func(*scenario) string) {
		b.WriteString("| " + name)
		for i := range all {
			b.WriteString(" | " + value(&all[i]))
		}
		b.WriteString(" |\n")
	}
	number := func(name string, value func(fleetResult) int) {
		row(name, func(s *scenario) string { return thousands(value(s.result)) })
	}
	row("", func(s *scenario) string { return s.name })
	row("---", func(*scenario) string { return "---:" })
	row("processes", func(s *scenario) string { return thousands(s.processes) })
	number("requests in all", func(r fleetResult) int { return r.requests })
	phases := []string{"at other times", "start", "outage of 10 min", "outage of 2 h"}
	for _, i := range []int{1, 2, 3, 0} {
		number("requests a minute, peak: "+phases[i], func(r fleetResult) int { return r.phases[i].peak })
	}
	row("requests a minute, mean: at other times", func(s *scenario) string { return fmt.Sprintf("%.1f", s.quietMean()) })
	number("requests a second, peak", func(r fleetResult) int { return r.perSecond })
	number("requests throttled (429)", func(r fleetResult) int { return r.throttled })
	number("requests that met an outage (503)", func(r fleetResult) int { return r.refused })
	for _, i := range []int{1, 2, 3, 0} {
		row("opens that waited, that failed, and all: "+phases[i], func(s *scenario) string {
			p := s.result.phases[i]
			return fmt.Sprintf("%s, %s, %s", thousands(p.waited), thousands(p.failed), thousands(p.opens))
		})
	}
	row("last failed open: after the start", func(s *scenario) string { return s.lastFailed(1, 0) })
	for i, o := range all[0].outages {
		row("last failed open: after the end of the "+phases[2+i], func(s *scenario) string { return s.lastFailed(2+i, o.to) })
	}
	return b.String()
}

// quietMean is the requests a minute without the start and the outages.
func (s *scenario) quietMean() float64 {
	minutes := 0
	for m := range s.result.minutes {
		if s.phaseAt(time.Duration(m)*time.Minute) == 0 {
			minutes++
		}
	}
	return float64(s.result.phases[0].requests) / float64(minutes)
}

func (s *scenario) lastFailed(phase int, since time.Duration) string {
	if s.result.phases[phase].failed == 0 {
		return "none failed"
	}
	return fmt.Sprintf("%.0f s", (s.result.phases[phase].lastFailed - since).Seconds())
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
