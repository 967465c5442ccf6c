package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
)

// result is what a suite's runs came to.
type result struct {
	suite    *suite
	failed   string // why it could not run
	outcomes map[run]outcomes
}

// A difference is tests that did not pass, nor were skipped, in both runs, and have one explanation.
type difference struct {
	tests      string // how their names begin
	bare, ours string
	why        string
	count      int
}

// unexplained stands for an explanation that is to be found.
const unexplained = "**not explained yet**"

// differences are those of a suite. A test is left out if one of its subtests ended
// as it did.
func (r *result) differences() (differences []difference) {
	names := maps.Clone(r.outcomes[bare])
	maps.Copy(names, r.outcomes[ours])
	last := "" // the test before, in the reverse order
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(names))) {
		b, o := cmp.Or(r.outcomes[bare][name], "not run"), cmp.Or(r.outcomes[ours][name], "not run")
		if b == o && b != "fail" || strings.HasPrefix(last, name+"/") {
			continue
		}
		last = name
		differences = add(differences, r.suite.explain.of(name, b, o))
	}
	slices.SortFunc(differences, func(a, b difference) int { return strings.Compare(a.tests, b.tests) })
	return differences
}

// retries are the tests to try again.
func (r *result) retries() map[run][]string {
	retries := map[run][]string{}
	for _, d := range r.differences() {
		test, _, _ := strings.Cut(d.tests, "/")
		for run, outcome := range map[run]string{bare: d.bare, ours: d.ours} {
			if d.why == unexplained && outcome != "pass" && outcome != "skip" && !slices.Contains(retries[run], test) {
				retries[run] = append(retries[run], test)
			}
		}
	}
	return retries
}

// add counts a difference with those of the same explanation.
func add(differences []difference, d difference) []difference {
	for i, other := range differences {
		d.count = other.count
		if d == other {
			differences[i].count++
			return differences
		}
	}
	d.count = 1
	return append(differences, d)
}

// of explains a test by the longest beginning of its name. An explanation of a failure in both runs is one as well.
func (e explanations) of(name, bare, ours string) difference {
	_, test, found := strings.Cut(name, " ")
	if !found {
		test = name // a package
	}
	d := difference{tests: test, bare: bare, ours: ours, why: unexplained}
	for begin, why := range e {
		if strings.HasPrefix(test, begin) && (d.why == unexplained || len(begin) > len(d.tests)) {
			d.tests, d.why = begin, why
		}
	}
	return d
}

// row is a suite's in the table.
func (r *result) row() string {
	m := r.suite.modules[0]
	if r.failed != "" {
		return fmt.Sprintf("| %s | %s | could not run | | | | | |", r.suite.name, m.version)
	}
	columns := []string{r.suite.name, m.version}
	for _, outcome := range []string{"pass", "fail", "skip"} {
		columns = append(columns, fmt.Sprint(r.outcomes[bare].count(outcome)), fmt.Sprint(r.outcomes[ours].count(outcome)))
	}
	return "| " + strings.Join(columns, " | ") + " |"
}

// details are the sections of the suites that have something to explain.
func (r *result) details() string {
	var b strings.Builder
	differences := r.differences()
	if r.failed == "" && len(differences) == 0 {
		return ""
	}
	fmt.Fprintf(&b, "\n### %s\n\n", r.suite.name)
	if r.failed != "" {
		first, _, _ := strings.Cut(r.failed, "\n")
		fmt.Fprintf(&b, "It could not run: `%s`\n", first)
		return b.String()
	}
	b.WriteString("| tests | bare | ours | why |\n|---|---|---|---|\n")
	for _, d := range differences {
		fmt.Fprintf(&b, "| `%s` (%d) | %s | %s | %s |\n", d.tests, d.count, d.bare, d.ours, d.why)
	}
	return b.String()
}

// report is the whole document.
type report struct {
	servers []string
	results []*result
}

//go:embed head.txt
var head string

func (r *report) String() string {
	var b strings.Builder
	versions := append([]string{runtime.Version()}, r.servers...)
	fmt.Fprintf(&b, head, time.Now().UTC().Format(time.DateOnly), strings.Join(versions, ", "))
	for _, res := range r.results {
		fmt.Fprintln(&b, res.row())
	}
	b.WriteString("\n## What did not pass in both runs\n")
	for _, res := range r.results {
		b.WriteString(res.details())
	}
	return b.String()
}

// err says what is left to do.
func (r *report) err() error {
	text := r.String()
	missing, open := strings.Count(text, "It could not run"), strings.Count(text, unexplained)
	if missing+open == 0 {
		return nil
	}
	return fmt.Errorf("%d suites could not run, and %d differences have no explanation", missing, open)
}
