package quickstart

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

const createTable = `create table orders (id int primary key, item varchar(100) not null)`

// writeOrders opens n connections at once and writes one row through each.
func (p Program) writeOrders(ctx context.Context, db *sql.DB, first, n int) error {
	return onEach(ctx, db, n, func(conn *sql.Conn, i int) error {
		_, err := conn.ExecContext(ctx, p.Insert, first+i, fmt.Sprintf("item %d", first+i))
		return err
	})
}

// readOrders opens n connections at once and reads one row back through each.
func (p Program) readOrders(ctx context.Context, db *sql.DB, first, n int) error {
	return onEach(ctx, db, n, func(conn *sql.Conn, i int) error {
		var item string
		err := conn.QueryRowContext(ctx, p.Read, first+i).Scan(&item)
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
			opened.Wait() // none goes on before all n are connected
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
