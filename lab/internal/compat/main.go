// Command compat runs the tests of other projects twice against the same real servers, through the bare drivers and
// through this library's, and writes what it found to docs/compatibility.md. Run it with make compat.
//
// It needs the network for the Go module proxy and GitHub while it copies and compiles the suites. Their tests run in a
// network namespace of their own, where only loopback is.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

// inside is set in the namespace.
const inside = "COMPAT_INSIDE"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compat(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		os.Exit(1)
	}
}

type options struct {
	dir, document string
	only          *regexp.Regexp
	anyNetwork    bool
}

func compat(ctx context.Context) error {
	var o options
	only := flag.String("only", "", "run the suites whose name matches this; the results of the others are those in -dir")
	flag.StringVar(&o.dir, "dir", "", "where the suites are copied to and their output is kept (default: a temporary directory, removed)")
	flag.StringVar(&o.document, "document", "docs/compatibility.md", "what to write")
	flag.BoolVar(&o.anyNetwork, "any-network", false, "run the suites where no network namespace can be had, too: some dial out")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	if os.Getenv(inside) != "" {
		return o.run(ctx)
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "compat-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	if err := os.Chmod(o.dir, 0o755); err != nil { // the servers' user reads the CA's certificate
		return err
	}
	isolated, err := o.isolated(ctx)
	if err != nil {
		return err
	}
	o.prepare(ctx)
	isolated.Stdout, isolated.Stderr = os.Stdout, os.Stderr
	return isolated.Run()
}

// selected are the suites to run.
func (o *options) selected() (selected []*suite) {
	for i := range suites {
		if o.only.MatchString(suites[i].name) {
			selected = append(selected, &suites[i])
		}
	}
	return selected
}

// prepare makes the copies. What fails is for the document.
func (o *options) prepare(ctx context.Context) {
	for _, s := range o.selected() {
		fmt.Println("preparing", s.name)
		err := os.RemoveAll(o.log(s, failed))
		for _, r := range runs {
			err = errors.Join(err, s.prepare(ctx, o.path(s, r), r))
		}
		if err != nil {
			fmt.Println(err)
			if err := os.WriteFile(o.log(s, failed), []byte(err.Error()), 0o644); err != nil {
				fmt.Println(err)
			}
		}
	}
}

// path is where a suite's copy is, and log where its output is.
func (o *options) path(s *suite, r run) string {
	return filepath.Join(o.dir, cmp.Or(s.copy, s.file())+"-"+string(r))
}
func (o *options) log(s *suite, r run) string {
	return filepath.Join(o.dir, s.file()+"-"+string(r)+".log")
}

// file is the suite's name, for files.
func (s *suite) file() string {
	return strings.NewReplacer(" ", "-", "/", "-", ",", "").Replace(strings.ToLower(s.name))
}

// isolated is this program again, where only loopback is.
func (o *options) isolated(ctx context.Context) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"unshare", "-n", "sh", "-c", `ip link set lo up && exec "$0" "$@"`, program}
	if exec.CommandContext(ctx, "unshare", "-n", "ip", "link", "set", "lo", "up").Run() != nil {
		if !o.anyNetwork {
			return nil, errors.New("unshare -n does not work here (it wants root): the suites would dial out; see -any-network")
		}
		args = []string{program}
	}
	args = append(args, "-dir="+o.dir, "-only="+o.only.String(), "-document="+o.document)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has servers to stop
	return cmd, nil
}
