// Package livecheck logs in to a server and checks what the library promises: that a login succeeds, that tokens are
// renewed, that a refusal is explained and holds no token, and when connections are retired. It sends SELECTs that read
// no table, and so makes and deletes nothing.
package livecheck

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/plan"
)

// Target is a database to check, as the program's environment names it.
type Target struct {
	Engine dsn.Engine
	DSN    string // what sql.Open is given
	Source string // what named it, in words that may be published
}

// Result is the outcome of one check.
type Result struct {
	Check string
	Door  string // the function that opened the connection
	Seen  string // what was seen
	Err   error  // why the check has failed; nil if it has not
	Took  time.Duration
}

// run is a target while it is checked.
type run struct {
	Target
	*engine
	life   time.Duration       // of a token, as the library is told
	user   string              // that logged in
	server string              // its version
	status passwordless.Status // at first without a token
}

// Run checks a target. The library is told that tokens live for life, so that it renews them within that time.
// Checks that need an earlier one are left out where that has failed.
func Run(ctx context.Context, t Target, life time.Duration) *Report {
	known, _ := plan.Inspect(t.Engine, t.DSN, nil) // the login has the same error
	r := &run{Target: t, engine: &engines[t.Engine], life: life, status: known.Status}
	results := r.logins(ctx)
	if !slices.ContainsFunc(results, failed) {
		results = append(results, r.others(ctx)...)
	}
	return newReport(r, results)
}

func failed(r Result) bool { return r.Err != nil }

// timed runs a check.
func timed(check, door string, f func() (seen string, err error)) Result {
	began := time.Now()
	seen, err := f()
	return Result{check, door, seen, err, time.Since(began)}
}

// logins logs in through each door.
func (r *run) logins(ctx context.Context) (results []Result) {
	for _, d := range r.doors {
		results = append(results, timed("login", d.name, func() (string, error) { return r.login(ctx, d) }))
	}
	return results
}

func (r *run) login(ctx context.Context, d door) (string, error) {
	p, err := d.open(r.DSN, nil, 0)
	if err != nil {
		return "", err
	}
	defer p.close()
	s, err := p.take(ctx)
	if err != nil {
		return "", err
	}
	defer s.release()
	user, err := s.ask(ctx, r.whoami)
	if err != nil {
		return "", err
	}
	if r.server, err = s.ask(ctx, r.version); err != nil {
		return "", err
	}
	if status := p.status(); status.Kind != 0 {
		r.status, r.user = status, status.User
	}
	switch {
	case r.status.Kind == passwordless.PasswordLogin:
		return "", errors.New("the connection has a password: take one that logs in with a token")
	case !r.tokenNamesUser && user != r.status.User:
		return "", errors.New("the server says that the user is another one than Status says")
	}
	return "logged in as the user of the identity", nil
}

// others runs the checks that change what the library is told, at the same time: some wait for a token's end.
func (r *run) others(ctx context.Context) []Result {
	var checks []func() []Result
	for _, d := range r.doors {
		if d.takesOptions {
			checks = append(checks,
				func() []Result { return r.lifetime(ctx, d) },
				func() []Result { return r.refusals(ctx, d) },
				func() []Result {
					return []Result{timed("retirement by the pool's limit", d.name, func() (string, error) { return r.limited(ctx, d) })}
				})
		}
	}
	results := make([][]Result, len(checks))
	var group sync.WaitGroup
	for i, check := range checks {
		group.Go(func() { results[i] = check() })
	}
	group.Wait()
	return slices.Concat(results...)
}

// options are what a check starts from: the user that logged in, who may be a developer in place of the connection's.
func (r *run) options(c *credential) *passwordless.Options {
	o := &passwordless.Options{User: r.user}
	if c != nil {
		o.Credential = c
	}
	return o
}
