package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/observe"
)

// requestTimeout limits a token request. It is longer than an open may wait while a token is valid.
const requestTimeout = 8 * time.Second

// settings are what the process with the workers is told.
type settings struct {
	Seed    uint64
	Workers int
	Lasts   time.Duration
	Pause   time.Duration // of a worker between two visits, at most
	Engines []string
	Secret  string // of the service principal, to be looked for in errors
}

// references are the connections in the environment, and their identities.
var references = []struct{ reference, identity string }{
	{"", passwordless.UserAssigned.String()},
	{"connection:principal", passwordless.ServicePrincipal.String()},
}

// target is a database by one door, as one identity.
type target struct {
	door
	engine, reference, identity string
	handle                      handle // open all the time
}

// crew are the workers of a process.
type crew struct {
	settings
	out     *recorder
	canary  *canary
	targets []*target
}

// work runs the workers, and writes records of all that they do. The first is the usage of the process before.
func work(s settings, w io.Writer, measure func(when string) usage, settle func(when string, base usage) usage) error {
	out := newRecorder(w)
	c := &crew{settings: s, out: out, canary: &canary{out: out, secrets: []string{"eyJ", s.Secret}}}
	stop := observe.Listen(c.hear)
	defer stop()

	// What a process makes once, such as the tables of crypto/x509, is no leak.
	if err := errors.Join(c.open(), c.warmUp()); err != nil {
		return err
	}
	c.close()
	base := measure(before)
	out.add(record{Kind: measured, Usage: &base})
	if err := c.open(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.Lasts)
	defer cancel()
	var running sync.WaitGroup
	for i := range s.Workers {
		running.Go(func() { (&worker{c, rand.New(rand.NewPCG(s.Seed, uint64(i)+1))}).run(ctx) })
	}
	for ctx.Err() == nil {
		now := measure(meanwhile)
		out.add(record{Kind: measured, Usage: &now})
		pause(ctx, 5*time.Second)
	}
	running.Wait()
	c.close()
	end := settle(after, base)
	out.add(record{Kind: measured, Usage: &end})
	return nil
}

// open opens each target.
func (c *crew) open() error {
	for _, engine := range c.Engines {
		for _, r := range references {
			for _, d := range dialects[engine].doors {
				t := &target{door: d, engine: engine, reference: r.reference, identity: r.identity}
				var err error
				if t.handle, err = d.open(t.reference, c.options(t)); err != nil {
					return err
				}
				c.targets = append(c.targets, t)
			}
		}
	}
	return nil
}

// options have the tokens recorded, once for each engine and identity: sql.Open, which takes none, is never the first.
func (c *crew) options(t *target) *passwordless.Options {
	o := &passwordless.Options{RequestTimeout: requestTimeout, Logger: c.canary.logger()}
	if t.name == "NewConnector" {
		o.Observe = func(e passwordless.Event) {
			if e.Kind != passwordless.Failed {
				c.out.add(record{Kind: token, Engine: t.engine, Identity: t.identity, From: e.Time, To: e.ExpiresOn})
			}
		}
	}
	return o
}

// warmUp takes a connection from each target.
func (c *crew) warmUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, t := range c.targets {
		s, err := t.handle.conn(ctx)
		if err == nil {
			err = errors.Join(s.query(ctx, "select 1"), s.end(false))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// close closes each target. A connection that was cut has an error then, which means nothing.
func (c *crew) close() {
	for _, t := range c.targets {
		_ = t.handle.Close()
	}
	c.targets = nil
}

// hear records what the library does.
func (c *crew) hear(_ context.Context, e observe.Event) {
	kind, ok := map[observe.Kind]string{observe.Login: login, observe.TokenWait: waited, observe.Retired: retired}[e.Kind]
	if !ok {
		return
	}
	rec := record{Kind: kind, Engine: e.Engine.String(), Identity: e.Identity.String(), From: e.Began, To: e.Began.Add(e.Duration)}
	if e.Outcome != observe.OK {
		rec.Cause = e.Outcome
	}
	c.out.add(rec)
}

// canary looks for secrets where there must be none.
type canary struct {
	out     *recorder
	secrets []string // the first one begins each token
}

// check does not repeat what it found.
func (c *canary) check(where, text string) {
	for _, secret := range c.secrets {
		if secret != "" && strings.Contains(text, secret) {
			c.out.add(record{Kind: leaked, From: time.Now(), Err: where})
		}
	}
}

// Write implements io.Writer for the library's log.
func (c *canary) Write(line []byte) (int, error) {
	c.check("the log", string(line))
	return len(line), nil
}

func (c *canary) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
