// Command migrate runs the migrations of goose and of golang-migrate.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/migrate
//
// It shows each of them with a database that is open already, and that a second run has nothing to do: both hold a lock
// in the database meanwhile, so all instances of an app may run them as they start. In a pipeline it is a step of its
// own, as an identity that may change tables: docs/deploy/ci.md. Other databases: docs/libraries.md.
package main

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

//go:embed goose golang-migrate
var files embed.FS

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 2 {
		if err := withGoose(ctx); err != nil {
			log.Fatal("goose: ", err)
		}
		if err := withGolangMigrate(); err != nil {
			log.Fatal("golang-migrate: ", err)
		}
	}
}

// --- copy from here: one of the two -----------------------------------------------------

func withGoose(ctx context.Context) error {
	db, err := sql.Open("azure-postgres", "") // everything from the environment
	if err != nil {
		return err
	}
	defer db.Close()
	migrations, err := fs.Sub(files, "goose")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return err
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("goose: %d migrations, now at version %d\n", len(done), version)
	return nil
}

func withGolangMigrate() error {
	db, err := sql.Open("azure-postgres", "")
	if err != nil {
		return err
	}
	defer db.Close()
	target, err := pgx.WithInstance(db, &pgx.Config{})
	if err != nil {
		return err
	}
	source, err := iofs.New(files, "golang-migrate")
	if err != nil {
		return err
	}
	migrations, err := migrate.NewWithInstance("iofs", source, "azure-postgres", target)
	if err != nil {
		return err
	}
	if err := migrations.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return err
	}
	version, _, err := migrations.Version()
	if err != nil {
		return err
	}
	fmt.Printf("golang-migrate: now at version %d\n", version)
	return errors.Join(migrations.Close()) // of source and database
}

// --- to here ----------------------------------------------------------------------------
