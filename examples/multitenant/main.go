// Command multitenant has a database for each of 500 tenants, on one server, as one identity.
//
//	go run ./lab/cmd/passwordless-lab --db mysql -- go run ./examples/multitenant
//
// It shows 500 handles that share one token, which is requested once, and pools that keep no connection of a tenant who
// is away.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/mysql"
)

const tenants = 500

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal("multitenant: ", mysql.Explain(err))
	}
}

// --- copy from here ---------------------------------------------------------------------

// openTenant opens the database of a tenant: the connection of the environment, but for the name of the database.
func openTenant(name string) (*sql.DB, error) {
	cfg := gomysql.NewConfig()
	cfg.DBName = name
	if err := mysql.Configure(cfg, "", nil); err != nil {
		return nil, err
	}
	connector, err := gomysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(4)                   // of one tenant
	db.SetConnMaxIdleTime(30 * time.Second) // the server's connections are for all of them
	return db, nil
}

// --- to here: PostgreSQL is the same with pgxpool and postgres.ConfigurePool ------------

func run(ctx context.Context) error {
	names, err := provision(ctx)
	if err != nil {
		return err
	}
	var all errgroup.Group
	all.SetLimit(50)
	for _, name := range names {
		db, err := openTenant(name)
		if err != nil {
			return err
		}
		defer db.Close()
		all.Go(func() error {
			var found string
			if err := db.QueryRowContext(ctx, "select database()").Scan(&found); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if found != name {
				return fmt.Errorf("%s: this is the database %s", name, found)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	token := passwordless.Statuses()[0].Token
	fmt.Printf("%d databases, %d handles, %d token request(s)\n", len(names), token.Handles, token.Requests)
	return nil
}

// provision makes the databases that are missing. In production that is done once, by an identity that may.
func provision(ctx context.Context) (names []string, err error) {
	db, err := mysql.OpenDB("", nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var own string
	if err := db.QueryRowContext(ctx, "select database()").Scan(&own); err != nil {
		return nil, err
	}
	for i := range tenants {
		name := fmt.Sprintf("%s_tenant_%03d", own, i)
		if _, err := db.ExecContext(ctx, "create database if not exists `"+name+"`"); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
