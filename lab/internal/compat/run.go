package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A run is one of the two.
type run string

const (
	bare run = "bare"
	ours run = "ours"

	failed run = "failed" // neither: why not
)

var runs = []run{bare, ours}

// limit ends a suite that hangs.
const limit = 8 * time.Minute

// outcomes are how the tests ended, subtests included: "pass", "fail" or "skip", by package and name.
type outcomes map[string]string

// parse reads what go test -json prints. A test that has begun and not ended has ended its package, and has failed, also if
// a later try passes: tests after it did not run. A package that failed without a test, such as one that does not compile,
// counts as a test.
func parse(r io.Reader) (outcomes, error) {
	o := outcomes{}
	running, ended := map[string]bool{}, map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) {
			continue // the compiler's
		}
		var event struct{ Action, Package, Test string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("go test -json: %w", err)
		}
		switch name := event.Package + " " + event.Test; event.Action {
		case "run":
			o[name], running[name] = "fail", true
		case "pass", "skip":
			delete(running, name)
			if event.Test != "" && !ended[name] {
				o[name] = event.Action
			}
		case "fail":
			delete(running, name)
			if event.Test != "" {
				break
			}
			maps.Copy(ended, running)
			clear(running)
			if !o.failedIn(event.Package) {
				o[event.Package] = "fail"
			}
		}
	}
	return o, lines.Err()
}

// failedIn says whether a test of the package has failed.
func (o outcomes) failedIn(pkg string) bool {
	for name, outcome := range o {
		if outcome == "fail" && strings.HasPrefix(name, pkg+" ") {
			return true
		}
	}
	return false
}

// count is how many tests ended so.
func (o outcomes) count(outcome string) (n int) {
	for _, ended := range o {
		if ended == outcome {
			n++
		}
	}
	return n
}

// test runs a suite's tests, of these names if there are any, and adds the output to a file.
func (s *suite) test(ctx context.Context, dir, log string, environ []string, only ...string) error {
	args := append([]string{"test", "-json", "-count=1", "-p=1", "-vet=off", fmt.Sprint("-timeout=", limit)}, strings.Fields(s.packages)...)
	if len(only) > 0 {
		args = append(args, "-run=^("+strings.Join(only, "|")+")$")
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, output, output
	_ = cmd.Run() // a failed test fails it
	return errors.Join(output.Close(), ctx.Err())
}

// parseFile reads what test wrote.
func parseFile(log string) (outcomes, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o, err := parse(f)
	if err == nil && len(o) == 0 {
		err = fmt.Errorf("no test has run: see %s", log)
	}
	return o, err
}

// command runs a program; its output is in the error.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// run runs the selected suites.
func (o *options) run(ctx context.Context) (err error) {
	s, err := startServers(ctx, o.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, su := range o.selected() {
		if _, err := os.Stat(o.log(su, failed)); err == nil {
			continue
		}
		if err := o.both(ctx, s, su); err != nil {
			return fmt.Errorf("%s: %w", su.name, err)
		}
		res := o.result(su)
		fmt.Print(res.row(), "\n", res.details())
	}
	return o.write(s.postgres.Engine, s.mysql.Engine)
}

// both runs a suite twice. Tests without an explanation that did not pass get a second and a third try: some depend on
// time.
func (o *options) both(ctx context.Context, s *servers, su *suite) error {
	for _, r := range runs {
		if err := errors.Join(os.RemoveAll(o.log(su, r)), o.once(ctx, s, su, r)); err != nil {
			return err
		}
	}
	for range 2 {
		res := o.result(su)
		for r, tests := range res.retries() {
			if err := o.once(ctx, s, su, r, tests...); err != nil {
				return err
			}
		}
	}
	return nil
}

// once runs a suite, or a few of its tests.
func (o *options) once(ctx context.Context, s *servers, su *suite, r run, only ...string) error {
	pg, my, err := s.targets(ctx, su, r)
	if err != nil {
		return err
	}
	return su.test(ctx, filepath.Join(o.path(su, r), su.modules[0].dir), o.log(su, r), s.environ(su, r, pg, my), only...)
}

// result reads what both left.
func (o *options) result(su *suite) *result {
	res := &result{suite: su, outcomes: map[run]outcomes{}}
	if text, err := os.ReadFile(o.log(su, failed)); err == nil {
		res.failed = string(text)
		return res
	}
	for _, r := range runs {
		var err error
		if res.outcomes[r], err = parseFile(o.log(su, r)); err != nil {
			res.failed = err.Error()
		}
	}
	return res
}

// write writes the document, also of suites that ran in the same directory before.
func (o *options) write(servers ...string) error {
	report := &report{servers: servers}
	for i := range suites {
		report.results = append(report.results, o.result(&suites[i]))
	}
	return errors.Join(os.WriteFile(o.document, []byte(report.String()), 0o644), report.err())
}
