package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// events are what go test -json prints of one package whose tests end in each way, of one that does not compile, and of
// one that ends in the middle of a test; then of second tries.
const events = `# example.com/broken
broken/x_test.go:1: syntax error
{"Action":"start","Package":"example.com/a"}
{"Action":"run","Package":"example.com/a","Test":"TestPass"}
{"Action":"run","Package":"example.com/a","Test":"TestPass/sub"}
{"Action":"output","Package":"example.com/a","Test":"TestPass/sub","Output":"--- FAIL: not really\n"}
{"Action":"pass","Package":"example.com/a","Test":"TestPass/sub","Elapsed":0.1}
{"Action":"pass","Package":"example.com/a","Test":"TestPass","Elapsed":0.1}
{"Action":"run","Package":"example.com/a","Test":"TestSkip"}
{"Action":"skip","Package":"example.com/a","Test":"TestSkip","Elapsed":0}
{"Action":"run","Package":"example.com/a","Test":"TestFail"}
{"Action":"pause","Package":"example.com/a","Test":"TestFail"}
{"Action":"cont","Package":"example.com/a","Test":"TestFail"}
{"Action":"fail","Package":"example.com/a","Test":"TestFail","Elapsed":0}
{"Action":"fail","Package":"example.com/a","Elapsed":0.2}
{"Action":"build-fail","ImportPath":"example.com/broken"}
{"Action":"start","Package":"example.com/broken"}
{"Action":"fail","Package":"example.com/broken","Elapsed":0}
{"Action":"run","Package":"example.com/ended","Test":"TestEnds"}
{"Action":"fail","Package":"example.com/ended","Elapsed":0}
{"Action":"run","Package":"example.com/ended","Test":"TestEnds"}
{"Action":"pass","Package":"example.com/ended","Test":"TestEnds","Elapsed":0}
{"Action":"pass","Package":"example.com/ended","Elapsed":0}
{"Action":"run","Package":"example.com/a","Test":"TestTimed"}
{"Action":"fail","Package":"example.com/a","Test":"TestTimed","Elapsed":0}
{"Action":"fail","Package":"example.com/a","Elapsed":0.2}
{"Action":"run","Package":"example.com/a","Test":"TestTimed"}
{"Action":"pass","Package":"example.com/a","Test":"TestTimed","Elapsed":0}
{"Action":"pass","Package":"example.com/a","Elapsed":0.2}
`

func TestParse(t *testing.T) {
	o, err := parse(strings.NewReader(events))
	require.NoError(t, err)
	require.Equal(t, outcomes{
		"example.com/a TestPass": "pass", "example.com/a TestPass/sub": "pass",
		"example.com/a TestTimed": "pass", "example.com/a TestSkip": "skip", "example.com/a TestFail": "fail",
		"example.com/broken": "fail", "example.com/ended TestEnds": "fail",
	}, o)
	require.Equal(t, []int{3, 1, 3}, []int{o.count("pass"), o.count("skip"), o.count("fail")})
}

func TestDifferences(t *testing.T) {
	r := result{
		suite: &suite{modules: pgxModules, explain: explanations{"TestA": "why", "TestA/2": "why else"}},
		outcomes: map[run]outcomes{
			bare: {"p TestA": "pass", "p TestA/1": "pass", "p TestA/2": "pass", "p TestA/3": "pass", "p TestB": "pass", "p TestC": "fail", "p TestD": "pass"},
			ours: {"p TestA": "fail", "p TestA/1": "fail", "p TestA/2": "fail", "p TestA/3": "fail", "p TestB": "pass", "p TestC": "fail"},
		},
	}
	require.Equal(t, []difference{
		{tests: "TestA", bare: "pass", ours: "fail", why: "why", count: 2},
		{tests: "TestA/2", bare: "pass", ours: "fail", why: "why else", count: 1},
		{tests: "TestC", bare: "fail", ours: "fail", why: unexplained, count: 1},
		{tests: "TestD", bare: "pass", ours: "not run", why: unexplained, count: 1},
	}, r.differences())
	require.Equal(t, map[run][]string{bare: {"TestC"}, ours: {"TestC", "TestD"}}, r.retries())
	report := report{results: []*result{&r, {suite: &suites[0], failed: "no route\nto host"}}}
	require.ErrorContains(t, report.err(), "1 suites could not run, and 2 differences")
}

// TestDocument holds docs/compatibility.md to the suites here, which it may not have been written anew for.
func TestDocument(t *testing.T) {
	document := read(t, "../../../docs/compatibility.md")
	for _, s := range suites {
		assert.Contains(t, document, "\n| "+s.name+" | "+s.modules[0].version+" | ", "run make compat")
	}
	assert.NotContains(t, document, unexplained)
}

// TestVersions holds the suites to the versions that this repository itself builds with.
func TestVersions(t *testing.T) {
	required := read(t, "../../go.mod") + read(t, "../../../examples/go.mod")
	for _, s := range suites {
		for _, m := range s.modules {
			if m.repository == "" {
				assert.Contains(t, required, m.path+" "+m.version)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
