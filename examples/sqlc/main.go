// Command sqlc uses code that sqlc has generated from SQL, on pgx's own pool.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/sqlc
//
// It shows that the generated code does not care how the pool logs in. After a change of schema.sql or query.sql:
// go generate ./examples/sqlc, which takes minutes to compile for the first time.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/examples/sqlc/internal/books"
	"github.com/azuredb/passwordless/postgres"
)

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate

//go:embed schema.sql
var schema string

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal("sqlc: ", postgres.Explain(err)) // a refused login is explained, any other error stays as it is
	}
}

func run(ctx context.Context) error {
	// --- copy from here -----------------------------------------------------------------
	pool, err := postgres.NewPool(ctx, "", nil) // everything from the environment
	if err != nil {
		return err
	}
	defer pool.Close()
	queries := books.New(pool)
	// --- to here ------------------------------------------------------------------------
	if _, err := pool.Exec(ctx, schema); err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		queries := queries.WithTx(tx)
		if _, err := queries.RemoveAll(ctx); err != nil {
			return err
		}
		for title, pages := range map[string]int32{"Tea": 96, "Cups and Saucers": 240, "A Short History of Spoons": 1012} {
			if _, err := queries.AddBook(ctx, books.AddBookParams{Title: title, Pages: pages}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	long, err := queries.LongBooks(ctx, 100)
	if err != nil {
		return err
	}
	for _, book := range long {
		fmt.Printf("%s, %d pages\n", book.Title, book.Pages)
	}
	return nil
}
