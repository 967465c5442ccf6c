// Package examples_test runs the examples as a person does: as programs that know only their environment.
package examples_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab/postgres"
)

var engines = []string{"postgres", "mysql", "sqlserver"}

// run is one run of an example, and the lines that it prints.
type run struct {
	example string
	args    []string
	real    func(testing.TB) // skips where the real server that it needs is missing
	want    string           // a regular expression for each line
}

// onEach is a run for each of the databases, whose flag value stands for ENGINE.
func onEach(r run) (runs []run) {
	for _, engine := range engines {
		one := r
		one.args, one.want = []string{"-db", engine}, strings.ReplaceAll(r.want, "ENGINE", engine)
		runs = append(runs, one)
	}
	return runs
}

var runs = slices.Concat(
	onEach(run{example: "gorm", real: postgres.Require, want: `
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
	[]run{
		{example: "pgxpool", want: `
3 visits, the last one of /cups
10 connections, 1 token request\(s\)
as somebody else: postgresql: login .* as "somebody-else" .* \(see https://\S+#\S+\)`},
		{example: "job", want: `
this run is written down, and 0 old ones are gone`},
	},
)

func TestExamples(t *testing.T) {
	programs := build(t)
	for _, embedded := range []bool{false, true} {
		t.Run(fmt.Sprintf("embedded=%t", embedded), func(t *testing.T) {
			s := start(t, embedded)
			s.programs = programs()
			for _, r := range runs {
				if embedded && r.real != nil {
					continue
				}
				t.Run(strings.Join(append([]string{r.example}, r.args...), " "), func(t *testing.T) {
					t.Parallel()
					if r.real != nil {
						r.real(t)
					}
					c := s.command(t, r.example, r.args...)
					var log strings.Builder
					c.Stderr = &log
					out, err := c.Output()
					require.NoError(t, err, "%s", &log)
					assert.Regexp(t, "^"+strings.TrimPrefix(r.want, "\n")+"\n$", string(out))
				})
			}
			for _, engine := range engines {
				t.Run("webapp -db "+engine, func(t *testing.T) { t.Parallel(); tryWebapp(t, s, engine) })
			}
		})
	}
}
