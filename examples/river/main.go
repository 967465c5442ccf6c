// Command river works off a queue in PostgreSQL with River, on pgx's own pool.
//
//	go run ./lab/cmd/passwordless-lab --db postgres --token-lifetime 10s -- go run ./examples/river
//
// It shows that jobs arrive at once, by LISTEN and NOTIFY, while the tokens of the pool's connections expire and are
// renewed: a connection that is open stays open, and a new one logs in with the newest token.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/postgres"
)

const renewals = 2 // how many the program waits for

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal("river: ", postgres.Explain(err)) // a refused login is explained, any other error stays as it is
	}
}

// greeting is a job.
type greeting struct {
	Name string `json:"name"`
}

func (greeting) Kind() string { return "greeting" }

type greeter struct {
	river.WorkerDefaults[greeting]
}

func (greeter) Work(_ context.Context, job *river.Job[greeting]) error {
	fmt.Printf("hello, %s\n", job.Args.Name)
	return nil
}

func run(ctx context.Context) error {
	renewed := make(chan time.Time, renewals)
	// --- copy from here -----------------------------------------------------------------
	pool, err := postgres.NewPool(ctx, "", &passwordless.Options{ // everything from the environment
		Observe: func(e passwordless.Event) { // only to show it: an app needs no options
			if e.Kind == passwordless.Renewed && len(renewed) < cap(renewed) {
				renewed <- e.ExpiresOn
			}
		},
	})
	if err != nil {
		return err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, greeter{})
	client, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		Workers:           workers,
		FetchPollInterval: time.Hour, // so that only a notification brings a job in time
	})
	if err != nil {
		return err
	}
	// --- to here ------------------------------------------------------------------------
	done, unsubscribe := client.Subscribe(river.EventKindJobCompleted)
	defer unsubscribe()
	if err := client.Start(ctx); err != nil {
		return err
	}
	if err := greet(ctx, pool, client, "first token"); err != nil {
		return err
	}
	<-done
	for i := range renewals {
		select {
		case expires := <-renewed:
			fmt.Printf("the token was renewed, the new one expires at %s\n", expires.Local().Format(time.TimeOnly))
		case <-ctx.Done():
			return ctx.Err()
		}
		pool.Reset() // the next connections log in
		if err := greet(ctx, pool, client, fmt.Sprintf("renewal %d", i+1)); err != nil {
			return err
		}
		<-done
	}
	return client.Stop(ctx)
}

// greet adds a job in a transaction, with whatever else belongs to it.
func greet(ctx context.Context, pool *pgxpool.Pool, client *river.Client[pgx.Tx], name string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := client.InsertTx(ctx, tx, greeting{Name: name}, nil)
		return err
	})
}
