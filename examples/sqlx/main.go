// Command sqlx uses sqlx on each of the three databases.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/sqlx -db postgres
//
// The same with mysql and sqlserver. It shows sqlx's named parameters, lists, and rows read into structs: sqlx guesses
// how parameters are written from the name of the driver, so it is told the native driver's.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/jmoiron/sqlx"

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
		log.Fatal("sqlx: ", err)
	}
}

// --- copy from here ---------------------------------------------------------------------

func open(engine string) (*sqlx.DB, error) {
	db, err := sql.Open("azure-"+engine, "") // everything from the environment
	if err != nil {
		return nil, err
	}
	native := map[string]string{"postgres": "pgx", "mysql": "mysql", "sqlserver": "sqlserver"}[engine]
	return sqlx.NewDb(db, native), nil
}

// --- to here ----------------------------------------------------------------------------

type city struct {
	ID      int
	Name    string
	Country string `db:"country_code"`
}

func run(ctx context.Context, engine string) error {
	db, err := open(engine)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "drop table if exists cities"); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "create table cities (id int primary key, name varchar(60) not null, country_code char(2) not null)")
	if err != nil {
		return err
	}
	cities := []city{{1, "Bern", "CH"}, {2, "Oslo", "NO"}, {3, "Graz", "AT"}, {4, "Basel", "CH"}}
	for _, c := range cities {
		_, err := db.NamedExecContext(ctx, "insert into cities (id, name, country_code) values (:id, :name, :country_code)", c)
		if err != nil {
			return err
		}
	}
	query, args, err := sqlx.In("select id, name, country_code from cities where country_code in (?) order by name", []string{"CH", "AT"})
	if err != nil {
		return err
	}
	var found []city
	if err := db.SelectContext(ctx, &found, db.Rebind(query), args...); err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", engine, db.Rebind(query))
	for _, c := range found {
		fmt.Printf("  %d %s (%s)\n", c.ID, c.Name, c.Country)
	}
	return nil
}
