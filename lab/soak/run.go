package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// workerVariable has the settings of the process with the workers, as JSON.
const workerVariable = "PASSWORDLESS_SOAK_WORKER"

// child is the process with the workers.
type child interface {
	pause() error
	resume() error
	wait() error // returns when it has ended
}

// starter starts a child, which writes its records.
type starter func(ctx context.Context, s settings, environ []string, records io.Writer) (child, error)

// run starts the servers and the workers, follows the plan, and judges.
func run(ctx context.Context, s settings, all []server, makePlan func(uint64, time.Duration, []string) plan, start starter) (r *report, err error) {
	x, err := newSite(ctx, all)
	defer func() { err = errors.Join(err, x.close()) }()
	if err != nil {
		return nil, err
	}
	s.Secret = x.principal.Secret
	versions := map[string]string{}
	for _, d := range x.databases {
		s.Engines = append(s.Engines, d.engine)
		versions[d.engine] = d.now.Engine
	}
	ctx, cancel := context.WithTimeout(ctx, s.Lasts+2*time.Minute) // a hanging child is killed
	defer cancel()
	reader, writer := io.Pipe()
	c, err := start(ctx, s, x.environ(), writer)
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		err := c.wait()
		writer.Close()
		ended <- err
	}()
	began := time.Now()
	windows, records, err := attend(ctx, x, c, makePlan(s.Seed, s.Lasts, s.Engines), reader)
	reader.Close() // or else a child whose records cannot be read would wait for its reader
	childErr := <-ended
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	r = newReport(windows, records)
	if childErr != nil { // also a data race
		r.Violations = append(r.Violations, fmt.Sprintf("the process with the workers: %v", childErr))
	}
	r.Seed, r.Lasted, r.Servers = s.Seed, time.Since(began).Round(time.Second).String(), versions
	r.countTokens(x.cloud)
	return r, nil
}

// attend reads the child's records to their end, and follows the plan from the first usage on.
func attend(ctx context.Context, x *site, c child, p plan, reader io.Reader) ([]window, []record, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &disturber{site: x, plan: p, child: c}
	followed := make(chan struct{})
	var records []record
	var err error
	started := false
	for documents := json.NewDecoder(reader); ; {
		var r record
		if err = documents.Decode(&r); err != nil {
			break
		}
		if r.Usage != nil && !started {
			started = true
			go func() { defer close(followed); d.follow(ctx) }()
		}
		if started { // what was opened before is closed, and its tokens are forgotten
			records = append(records, r)
		}
	}
	cancel()
	if started {
		<-followed
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return d.windows, records, errors.Join(append(d.errs, err)...)
}

func (r *report) countTokens(c *azuretest.Cloud) {
	for _, q := range c.Requests() {
		if q.Token {
			r.TokenRequests++
		}
		if q.Name != "" {
			r.Tokens++
		}
	}
}

// process is this program once more.
type process struct{ *exec.Cmd }

func startProcess(ctx context.Context, s settings, environ []string, records io.Writer) (child, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(environ, workerVariable+"="+string(text), "GORACE="+os.Getenv("GORACE"))
	cmd.Stdout, cmd.Stderr = records, os.Stderr
	return process{cmd}, cmd.Start()
}

func (p process) wait() error { return p.Wait() }
