package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	// --- copy from here -----------------------------------------------------
	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

// openDatabase connects to the database that Service Connector's variables
// describe, with no password anywhere.
func openDatabase() (*sql.DB, error) {
	return sql.Open("azure-postgres", "") // everything from the environment
}

// --- to here: the rest is what any program does with a *sql.DB -----------------

const createTable = `create table orders (id integer primary key, item text not null)`

// writeOrders opens n connections at once and writes one row through each.
func writeOrders(ctx context.Context, db *sql.DB, first, n int) error {
	return onEach(ctx, db, n, func(conn *sql.Conn, i int) error {
		_, err := conn.ExecContext(ctx, `insert into orders (id, item) values ($1, $2)`, first+i, fmt.Sprintf("item %d", first+i))
		return err
	})
}

// readOrders opens n connections at once and reads one row back through each.
func readOrders(ctx context.Context, db *sql.DB, first, n int) error {
	return onEach(ctx, db, n, func(conn *sql.Conn, i int) error {
		var item string
		err := conn.QueryRowContext(ctx, `select item from orders where id = $1`, first+i).Scan(&item)
		if want := fmt.Sprintf("item %d", first+i); err == nil && item != want {
			err = fmt.Errorf("row %d holds %q, not %q", first+i, item, want)
		}
		return err
	})
}

// onEach runs work on n connections that are all open at the same time, and
// returns the first error.
func onEach(ctx context.Context, db *sql.DB, n int, work func(conn *sql.Conn, i int) error) error {
	var opened, done sync.WaitGroup
	opened.Add(n)
	errs := make(chan error, n)
	for i := range n {
		done.Go(func() {
			conn, err := db.Conn(ctx)
			opened.Done()
			opened.Wait() // nobody goes on before all n are connected
			if err == nil {
				err = work(conn, i)
				_ = conn.Close()
			}
			errs <- err
		})
	}
	done.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
