package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// at is a second of the history that the tests share.
func at(second float64) time.Time {
	return time.Unix(1_800_000_000, 0).Add(time.Duration(second * float64(time.Second)))
}

// from is a record of the shared engine and identity.
func from(start, end float64, kind, cause, err string) record {
	return record{Kind: kind, Engine: "mysql", Identity: "app", From: at(start), To: at(end), Cause: cause, Err: err}
}

// shared has tokens from 0 to 25 s and from 60 to 75 s, less their last two seconds, and windows.
func shared() ([]window, []record) {
	windows := []window{
		{fault, "500", at(12), at(28)}, {restart, "mysql", at(20), at(24)}, {cut, "mysql", at(3), at(3)},
		{cut, "postgresql", at(6), at(6)}, {stop, "", at(61), at(70)},
	}
	return windows, []record{
		from(0, 15, token, "", ""), from(10, 25, token, "", ""), from(60, 75, token, "", ""),
		{Kind: token, Engine: "postgresql", Identity: "app", From: at(0), To: at(100)},
	}
}

func TestCause(t *testing.T) {
	for name, c := range map[string]struct {
		record record
		want   string
	}{
		"own deadline":                           {from(1, 2, opened, own, "e"), byWorker},
		"with a valid token":                     {from(11, 14, opened, noToken, "e"), unexpected},
		"with a valid token, during a restart":   {from(20, 21, opened, noToken, "e"), unexpected},
		"after the token, the endpoint fails":    {from(20, 26, opened, noToken, "e"), byFault},
		"after the fault, within its tail":       {from(40, 41, opened, noToken, "e"), byFault},
		"the endpoint answers, but no token":     {from(50, 51, opened, noToken, "e"), unexpected},
		"stopped past the token":                 {from(65, 80, opened, noToken, "e"), byStopped},
		"the server is down":                     {from(19, 21, opened, failed, "e"), byRestart},
		"cut":                                    {from(2, 4, opened, failed, "e"), byCut},
		"after the cut":                          {from(4, 5, opened, failed, "e"), unexpected},
		"another server's connections were cut":  {from(5, 7, opened, failed, "e"), unexpected},
		"stopped":                                {from(62, 71, opened, failed, "e"), byStop},
		"the token expires as the server has it": {from(24.1, 25, opened, failed, "e"), byExpiry},
		"the same, though the endpoint answers":  {from(72, 74, opened, failed, "e"), unexpected},
		"the server is up and the token valid":   {from(14, 16, opened, failed, "e"), unexpected},
	} {
		t.Run(name, func(t *testing.T) {
			windows, records := shared()
			assert.Equal(t, c.want, newHistory(windows, records).cause(c.record))
		})
	}
}

func TestViolations(t *testing.T) {
	windows, tokens := shared()
	base, grown := usage{before, 1, 10, 1 << 20}, usage{after, 2, 10, 1 << 20}
	for name, c := range map[string]struct {
		records []record
		want    string // if empty, none
	}{
		"none":                       {[]record{from(1, 1.1, opened, "", ""), from(1, 1.1, waited, "", "")}, ""},
		"a failure with a reason":    {[]record{from(2, 4, opened, failed, "e")}, ""},
		"a failure without":          {[]record{from(4, 5, opened, failed, "the error")}, "an open failed: mysql, app, , at "},
		"no token with one":          {[]record{from(4, 5, opened, noToken, "e")}, "while there was a valid token"},
		"a statement":                {[]record{from(4, 5, statement, failed, "e")}, ""},
		"a wait for a token":         {[]record{from(4, 11, waited, "", "")}, "waited for a token"},
		"the same without one":       {[]record{from(40, 47, waited, "", "")}, ""},
		"a wait that fails":          {[]record{from(20, 30, waited, failed, "")}, "waited for a token"},
		"the same without one left":  {[]record{from(24, 30, waited, failed, "")}, ""},
		"the same in a stop":         {[]record{from(60, 70, waited, "", "")}, ""},
		"a long open":                {[]record{from(29, 60, opened, "", "")}, "an open took too long"},
		"a long open of the stopped": {[]record{from(29, 62, opened, "", "")}, ""},
		"a secret":                   {[]record{from(1, 1, leaked, "", "the log")}, "a secret is in the log"},
		"a goroutine":                {[]record{{Usage: &base}, {Usage: &grown}}, "something is left"},
	} {
		t.Run(name, func(t *testing.T) {
			records := append(tokens, c.records...)
			if records[len(records)-1].Usage == nil {
				end := base
				end.When = after
				records = append(records, record{Usage: &base}, record{Usage: &end})
			}
			got := newReport(windows, records).Violations
			if c.want == "" {
				assert.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			assert.Contains(t, got[0], c.want)
		})
	}
	assert.Contains(t, newReport(windows, tokens).Violations, "the workers did not come to their end")
}

func TestPlanIsThatOfItsSeed(t *testing.T) {
	const total = 5 * time.Minute
	engines := []string{"postgresql", "mysql", "sqlserver"}
	p := newPlan(7, total, engines)
	assert.Equal(t, p, newPlan(7, total, engines))
	assert.NotEqual(t, p, newPlan(8, total, engines))
	restarted, longFaults := map[string]bool{}, 0
	for _, s := range p.restarts {
		restarted[s.what] = true
	}
	for _, s := range p.faults {
		assert.Contains(t, faults, s.what)
		if s.lasts > tokenLife {
			longFaults++
		}
	}
	assert.Len(t, restarted, len(engines))
	assert.NotZero(t, longFaults)
	assert.NotEmpty(t, p.cuts)
	require.NotEmpty(t, p.stops)
	for _, s := range p.stops {
		assert.Greater(t, s.lasts, tokenLife)
		assert.Less(t, s.at+s.lasts, total)
	}
	assert.Len(t, faultNames, len(faults))
}

func TestTable(t *testing.T) {
	windows, records := shared()
	r := newReport(windows, append(records, from(1, 1.5, opened, "", ""), from(4, 5, opened, failed, "e")))
	r.Servers = map[string]string{"mysql": "MariaDB"}
	var out bytes.Buffer
	require.NoError(t, r.write(&out))
	assert.Regexp(t, `(?m)^ +opens +2 +2$`, out.String())
	assert.Regexp(t, `(?m)^ +without a reason +1 +1$`, out.String())
	assert.Contains(t, out.String(), "500.00/500.0/500")
	assert.Contains(t, out.String(), "VIOLATION: an open failed")
}
