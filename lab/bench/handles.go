package main

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/azuredb/passwordless/lab/bench/internal/figures"
)

// handles is what opening a handle takes and keeps, compared with the bare driver's connector: the benchmarks NewConnector of the
// drivers' packages. The value is in microseconds.
func handles(ctx context.Context, s *stage) (rows []figures.Row, err error) {
	count := "5"
	if s.short {
		count = "1"
	}
	for _, engine := range []struct{ name, pkg, driver string }{
		{"PostgreSQL", "postgres", "pgx"}, {"MySQL", "mysql", "go-sql-driver"}, {"SQL Server", "sqlserver", "go-mssqldb"},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "NewConnector", "-benchtime", "0.5s", "-count", count, "./"+engine.pkg)
		cmd.Dir, cmd.Env = s.root, s.environ
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		ourHandle, bare := figures.Metrics(string(out), "passwordless"), figures.Metrics(string(out), "bare")
		for i, m := range []map[string][]float64{ourHandle, bare} {
			r := figures.Row{Case: engine.name, Who: []string{figures.Ours, engine.driver}[i], Value: figures.Median(m["ns/op"]) / 1e3, More: map[string]float64{
				"allocations": figures.Median(m["allocs/op"]), "kept": figures.Median(m["B/handle"]), "a second": 1e9 / figures.Median(m["ns/op"])}}
			if i == 0 {
				r.SetRatio(m["ns/op"], bare["ns/op"])
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}
