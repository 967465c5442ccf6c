package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// handles is what opening a handle takes and keeps, beside the bare driver's connector: the benchmarks NewConnector of the
// drivers' packages. The value is in microseconds.
func handles(ctx context.Context, s *stage) (rows []row, err error) {
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
		ourHandle, bare := metrics(string(out), "passwordless"), metrics(string(out), "bare")
		for i, m := range []map[string][]float64{ourHandle, bare} {
			r := row{Case: engine.name, Who: []string{ours, engine.driver}[i], Value: median(m["ns/op"]) / 1e3, More: map[string]float64{
				"allocations": median(m["allocs/op"]), "kept": median(m["B/handle"]), "a second": 1e9 / median(m["ns/op"])}}
			if i == 0 {
				r.setRatio(m["ns/op"], bare["ns/op"])
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// metrics reads what go test prints of a sub-benchmark: the values of each unit.
func metrics(out, name string) map[string][]float64 {
	found := map[string][]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || !strings.Contains(fields[0], "/"+name+"-") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, _ := strconv.ParseFloat(fields[i], 64) // go test's own
			found[fields[i+1]] = append(found[fields[i+1]], value)
		}
	}
	return found
}
