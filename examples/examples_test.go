// Package examples_test runs the examples as a person does: as programs that know only their environment.
package examples_test

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var engines = []string{"postgres", "mysql", "sqlserver"}

// run is one run of an example, and the lines that it prints.
type run struct {
	example string
	args    []string
	environ []string // in addition
	short   bool     // as an identity whose tokens soon expire
	real    []string // which servers must be real ones
	status  int      // with which it ends
	want    string   // a regular expression for each line
}

// realServers are the ones that the lab starts where they are installed: the database's name, and the server's.
var realServers = map[string][2]string{"postgres": {"PostgreSQL", "PostgreSQL"}, "mysql": {"MySQL", "MariaDB"}}

// onEach is a run for each of the databases, whose flag value stands for ENGINE.
func onEach(r run) (runs []run) {
	for _, engine := range engines {
		one := r
		one.args, one.want, one.real = []string{"-db", engine}, strings.ReplaceAll(r.want, "ENGINE", engine), nil
		if slices.Contains(r.real, engine) {
			one.real = []string{engine}
		}
		runs = append(runs, one)
	}
	return runs
}

var runs = slices.Concat(
	onEach(run{example: "gorm", real: []string{"postgres"}, want: `
migrated twice
ENGINE: an author with 2 books, the first one is "Tea"`}),
	onEach(run{example: "sqlx", want: `
ENGINE: select .*
  4 Basel \(CH\)
  1 Bern \(CH\)
  3 Graz \(AT\)`}),
	onEach(run{example: "bun", want: `
ENGINE: Ada paid 12.50 at most
ENGINE: Bob paid 3.00 at most`}),
	onEach(run{example: "bulkcopy", real: []string{"postgres", "mysql"}, want: `
ENGINE: 5000 rows up to number 4999 in .*`}),
	[]run{
		{example: "sqlc", want: `
A Short History of Spoons, 1012 pages
Cups and Saucers, 240 pages`},
		{example: "migrate", real: []string{"postgres"}, want: `
goose: 2 migrations, now at version 2
golang-migrate: now at version 2
goose: 0 migrations, now at version 2
golang-migrate: now at version 2`},
		{example: "river", short: true, real: []string{"postgres"}, want: `
hello, first token
the token was renewed, .*
hello, renewal 1
the token was renewed, .*
hello, renewal 2`},
		{example: "multitenant", real: []string{"mysql"}, want: `
500 databases, 500 handles, 1 token request\(s\)`},
		{example: "readreplica", want: `
2 articles
writes: 127.0.0.1:\d+, connection ""
reads: 127.0.0.1:\d+, connection ""`},
		{example: "readreplica", environ: []string{"READ_FROM=connection:REPLICA"}, want: `
2 articles
writes: 127.0.0.1:\d+, connection ""
reads: 127.0.0.1:\d+, connection "REPLICA"`},
		{example: "readreplica", environ: []string{"READ_FROM=connection:REPLICA", "AZURE_POSTGRESQL_REPLICA_PORT=1"}, want: `
2 articles
writes: 127.0.0.1:\d+, connection ""
reads: 127.0.0.1:1, connection "REPLICA"`},
		{example: "pgxpool", want: `
3 visits, the last one of /cups
10 connections, 1 token request\(s\)
as somebody else: postgresql: login .* as "somebody-else".* \(see https://\S+#\S+\)`},
		{example: "job", want: `
this run is written down, and 0 old ones are gone`},
		{example: "job", environ: []string{"AZURE_POSTGRESQL_PORT=1"}, status: 75},
		{example: "job", environ: []string{"AZURE_POSTGRESQL_USER=somebody-else"}, status: 1},
	},
)

func TestExamples(t *testing.T) {
	programs := build(t, append(examples(t), labProgram)...)
	for _, embedded := range []bool{false, true} {
		t.Run(fmt.Sprintf("embedded=%t", embedded), func(t *testing.T) {
			s := start(t, programs, embedded)
			for _, name := range examples(t) {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					try(t, s, name, embedded)
				})
			}
		})
	}
}

// try runs an example in all of its ways, one after the other. Those that serve are in services.
func try(t *testing.T, s *surroundings, example string, embedded bool) {
	if serve := services[example]; serve != nil {
		serve(t, s)
		return
	}
	ways := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.example != example })
	require.NotEmpty(t, ways, "nothing runs it")
	for _, r := range ways {
		if embedded && r.real != nil {
			continue
		}
		t.Run(strings.Join(append(slices.Clone(r.environ), r.args...), " "), func(t *testing.T) {
			for _, engine := range r.real {
				need(t, realServers[engine][1], s.engines[realServers[engine][0]])
			}
			c := s.command(t, r.example, r.args...)
			if r.short {
				c.Env = append(c.Env, s.short...)
			}
			c.Env = append(c.Env, r.environ...)
			var log strings.Builder
			c.Stderr = &log
			out, err := c.Output()
			if _, ended := errors.AsType[*exec.ExitError](err); !ended {
				require.NoError(t, err)
			}
			require.Equal(t, r.status, c.ProcessState.ExitCode(), "%s", &log)
			if r.status != 0 {
				assert.Regexp(t, "^"+r.example+": .+\n$", log.String())
			}
			assert.Regexp(t, "^"+strings.TrimPrefix(r.want+"\n", "\n")+"$", string(out))
		})
	}
}
