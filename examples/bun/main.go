// Command bun uses bun on each of the three databases.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/bun -db postgres
//
// The same with mysql and sqlserver. It shows how bun is given a database and the dialect, a transaction that is rolled
// back, and an aggregate.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mssqldialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
	_ "github.com/azuredb/passwordless/sqlserver"
)

func main() {
	engine := flag.String("db", "postgres", "postgres, mysql or sqlserver")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, *engine); err != nil {
		log.Fatal("bun: ", err)
	}
}

// --- copy from here ---------------------------------------------------------------------

func open(engine string) (*bun.DB, error) {
	db, err := sql.Open("azure-"+engine, "") // everything from the environment
	if err != nil {
		return nil, err
	}
	var dialect schema.Dialect = pgdialect.New()
	switch engine { // your database's one alone
	case "mysql":
		dialect = mysqldialect.New() // which asks the server for its version
	case "sqlserver":
		dialect = mssqldialect.New()
	}
	return bun.NewDB(db, dialect), nil
}

// --- to here ----------------------------------------------------------------------------

type payment struct {
	bun.BaseModel `bun:"table:payments"`
	ID            int64 `bun:",pk"`
	Payer         string
	Cents         int64
}

var errNotCovered = errors.New("not covered")

func run(ctx context.Context, engine string) error {
	db, err := open(engine)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.NewDropTable().Model((*payment)(nil)).IfExists().Exec(ctx); err != nil {
		return err
	}
	if _, err := db.NewCreateTable().Model((*payment)(nil)).Exec(ctx); err != nil {
		return err
	}
	payments := []payment{{ID: 1, Payer: "Ada", Cents: 1250}, {ID: 2, Payer: "Ada", Cents: 750}, {ID: 3, Payer: "Bob", Cents: 300}}
	if _, err := db.NewInsert().Model(&payments).Exec(ctx); err != nil {
		return err
	}
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewUpdate().Model((*payment)(nil)).Set("cents = 0").Where("payer = ?", "Ada").Exec(ctx); err != nil {
			return err
		}
		return errNotCovered
	})
	if !errors.Is(err, errNotCovered) {
		return err
	}
	var largest []struct {
		Payer string
		Cents int64
	}
	err = db.NewSelect().Model((*payment)(nil)).Column("payer").ColumnExpr("max(cents) as cents").Group("payer").Order("payer").Scan(ctx, &largest)
	if err != nil {
		return err
	}
	for _, s := range largest {
		fmt.Printf("%s: %s paid %d.%02d at most\n", engine, s.Payer, s.Cents/100, s.Cents%100)
	}
	return nil
}
