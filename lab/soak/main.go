// Command soak has 64 workers use three databases for some minutes while all around them fails, and tells whether an
// open failed that should not have, or something is left at the end:
//
//	go run -race ./soak -minutes 5
//
// This process has the identity cloud, whose tokens live for 15 s, and the servers: PostgreSQL and MariaDB as installed,
// and SQL Server's stand-in. The workers are in a child process (work), which writes a record of each thing it does.
// Meanwhile this process (disturb) follows a plan that comes from a seed: the identity endpoints fail, servers are
// restarted, connections are cut, and the child is stopped for longer than a token lives. In the end each failed open
// must have a reason (judge), or the exit status is 1. Standard output has a table, and a file the same as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"github.com/go-sql-driver/mysql"
)

func main() {
	if text := os.Getenv(workerVariable); text != "" {
		exit(workerMain(text))
	}
	minutes := flag.Float64("minutes", 5, "how long it lasts")
	seed := flag.Uint64("seed", rand.Uint64N(1e9), "of the plan and of what the workers do")
	workers := flag.Int("workers", 64, "how many sessions are used at once")
	file := flag.String("json", "soak.json", "the file for the figures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	lasts := time.Duration(*minutes * float64(time.Minute))
	exit(soak(ctx, settings{Seed: *seed, Workers: *workers, Lasts: lasts, Pause: 3 * time.Second}, *file))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

var errViolations = errors.New("promises were broken")

// soak runs it, and writes the table and the file.
func soak(ctx context.Context, s settings, file string) error {
	r, err := run(ctx, s, servers, newPlan, startProcess)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	if err = errors.Join(err, r.write(os.Stdout)); err != nil {
		return err
	}
	if len(r.Violations) > 0 {
		return errViolations
	}
	return nil
}

// workerMain is the child process.
func workerMain(text string) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	if err := mysql.SetLogger(&mysql.NopLogger{}); err != nil { // it would log each broken connection
		return err
	}
	return work(s, os.Stdout, measure, settle)
}
