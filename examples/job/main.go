// Command job runs to completion: a job of Container Apps, a CronJob of Kubernetes, a WebJob, a step of a pipeline.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/job
//
// It shows an exit status that tells whether to try again: 0 all done, 75 a temporary error (the server fails over, the
// identity endpoint is not up yet), 1 what somebody has to mend. SIGTERM rolls back what has begun.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

const tryAgain = 75 // EX_TEMPFAIL of sysexits.h

func main() {
	days := flag.Int("days", 30, "how long a run is remembered")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute) // of its own, before the platform's
	err := run(ctx, *days)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "job:", err) // one line: what is wrong and what to do, no secret
	}
	os.Exit(status(err))
}

// --- copy from here ---------------------------------------------------------------------

// status is the exit status. TokenError and LoginError of package passwordless know whether trying again without a
// change can help.
func status(err error) int {
	var failure interface{ Temporary() bool }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failure) && failure.Temporary(), errors.Is(err, context.Canceled):
		return tryAgain
	}
	return 1
}

// --- to here ----------------------------------------------------------------------------

func run(ctx context.Context, days int) error {
	db, err := sql.Open("azure-postgres", "") // everything from the environment
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // a job is no service
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "create table if not exists job_runs (began timestamp not null)"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "insert into job_runs (began) values ($1)", time.Now().UTC()); err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, "delete from job_runs where began < $1", time.Now().UTC().AddDate(0, 0, -days))
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	fmt.Printf("this run is written down, and %d old ones are gone\n", n)
	return nil
}
