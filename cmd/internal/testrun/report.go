package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output, in place of Package
	Test       string
	Output     string
}

// testID names a test; without a name it is the package.
type testID struct{ pkg, test string }

func (id testID) String() string { return strings.TrimSpace(id.pkg + " " + id.test) }

// report turns the events of go test into text.
type report struct {
	w                       io.Writer
	output                  map[testID][]string // of what has not ended
	failures                []testID
	skips                   map[string][]testID // by reason
	passed, failed, skipped int
}

func newReport(w io.Writer) *report {
	return &report{w: w, output: map[testID][]string{}, skips: map[string][]testID{}}
}

// read reads events until the end, and prints what ends meanwhile. A line that is no event is printed as it is.
func (r *report) read(events io.Reader) error {
	in := bufio.NewReader(events)
	for {
		line, err := in.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			fmt.Fprintf(r.w, "%s", line)
		default:
			r.add(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) add(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.w, e.Output)
	case "output":
		r.output[id] = append(r.output[id], e.Output)
	case "pass", "fail", "skip":
		output := r.output[id]
		delete(r.output, id)
		if e.Test == "" {
			r.endPackage(e, output)
		} else {
			r.endTest(id, e.Action, output)
		}
	}
}

func (r *report) endTest(id testID, action string, output []string) {
	switch action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		r.failures = append(r.failures, id)
		r.print(id, output)
	case "skip":
		r.skipped++
		reason := skipReason(output)
		r.skips[reason] = append(r.skips[reason], id)
	}
}

// endPackage prints the line of a package; if it failed, also all that no test
// has printed: what ended the process, such as a panic, is in the output of a test
// that has no end.
func (r *report) endPackage(e event, output []string) {
	if e.Action != "fail" {
		for _, line := range output {
			if strings.HasPrefix(line, "ok ") {
				fmt.Fprint(r.w, line)
			}
		}
		return
	}
	open := slices.SortedFunc(maps.Keys(r.output), func(a, b testID) int { return cmp.Compare(a.test, b.test) })
	for _, id := range open {
		if id.pkg == e.Package {
			r.print(id, r.output[id])
			delete(r.output, id)
		}
	}
	if !slices.ContainsFunc(r.failures, func(id testID) bool { return id.pkg == e.Package }) {
		r.failed++
		r.failures = append(r.failures, testID{pkg: e.Package})
	}
	r.print(testID{pkg: e.Package}, output)
}

// print prints output without the lines that only say which test runs.
func (r *report) print(id testID, output []string) {
	if id.test != "" {
		fmt.Fprintf(r.w, "%s:\n", id)
	}
	for _, line := range output {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.w, line)
		}
	}
}

var position = regexp.MustCompile(`^\S+\.go:\d+: `)

// skipReason is what a skipped test said, without the places in the source.
func skipReason(output []string) string {
	var words []string
	for _, line := range output {
		if !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- SKIP") {
			words = append(words, position.ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
	return cmp.Or(strings.Join(words, " "), "no reason given")
}

// summary prints what was skipped, what failed, the time, and the counts as the last line.
func (r *report) summary(took time.Duration) {
	for _, reason := range slices.Sorted(maps.Keys(r.skips)) {
		r.list("skipped: "+reason, r.skips[reason])
	}
	if len(r.failures) > 0 {
		r.list("failed", r.failures)
	}
	fmt.Fprintf(r.w, "\ntook %s\n%d passed, %d failed, %d skipped\n", took.Round(time.Second), r.passed, r.failed, r.skipped)
}

func (r *report) list(title string, ids []testID) {
	fmt.Fprintf(r.w, "\n%s\n", title)
	for _, id := range ids {
		fmt.Fprintf(r.w, "    %s\n", id)
	}
}
