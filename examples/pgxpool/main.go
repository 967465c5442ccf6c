// Command pgxpool uses pgx's own pool: a configuration of your own, completed with the connection and its tokens.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/pgxpool
//
// It shows ten connections after one token request, a batch in a transaction, rows read into structs, and what a login
// that the server refuses tells: pgxpool returns pgx's bare errors, and Explain adds what to do.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/postgres"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal("pgxpool: ", err)
	}
}

// --- copy from here ---------------------------------------------------------------------

// openPool returns a pool that logs in with tokens. If nothing needs to be set, postgres.NewPool(ctx, "", nil) does.
func openPool(ctx context.Context) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig("") // your own settings first,
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 10
	cfg.ConnConfig.RuntimeParams["application_name"] = "pgxpool example"
	if err := postgres.ConfigurePool(cfg, "", nil); err != nil { // then the connection that Service Connector described
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil { // the first login: a wrong setting is found out at the start
		pool.Close()
		return nil, postgres.Explain(err)
	}
	return pool, nil
}

// --- to here ----------------------------------------------------------------------------

type visit struct {
	ID   int
	Page string
}

func run(ctx context.Context) error {
	pool, err := openPool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := write(ctx, pool); err != nil {
		return err
	}
	rows, err := pool.Query(ctx, "select id, page from visits order by id")
	if err != nil {
		return err
	}
	visits, err := pgx.CollectRows(rows, pgx.RowToStructByPos[visit])
	if err != nil {
		return err
	}
	fmt.Printf("%d visits, the last one of %s\n", len(visits), visits[len(visits)-1].Page)

	for range pool.Config().MaxConns {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
	}
	fmt.Printf("%d connections, %d token request(s)\n", pool.Stat().TotalConns(), passwordless.Statuses()[0].Token.Requests)

	return logInAsSomebodyElse(ctx, pool.Config())
}

// logInAsSomebodyElse shows what comes of a wrong user.
func logInAsSomebodyElse(ctx context.Context, cfg *pgxpool.Config) error {
	cfg.ConnConfig.User = "somebody-else"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	fmt.Println("as somebody else:", postgres.Explain(pool.Ping(ctx)))
	return nil
}

// write makes the table, and fills it in one round trip.
func write(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, "create table if not exists visits (id int primary key, page varchar(40) not null)"); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("delete from visits")
		for i, page := range []string{"/", "/teapots", "/cups"} {
			batch.Queue("insert into visits (id, page) values ($1, $2)", i+1, page)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}
