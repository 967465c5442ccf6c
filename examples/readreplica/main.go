// Command readreplica writes to a server, and reads from its replica.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/readreplica
//
// The lab has no replica: both are one server there. In Azure make a second connection with Service Connector, named
// replica, and set READ_FROM=connection:REPLICA. It shows a handle for each, and what a read does while the replica is
// away. A read that must see what was just written belongs on the writer: a replica lags behind.
//
// The others do it in the connection string: ApplicationIntent=ReadOnly for SQL Server's secondaries.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/azuredb/passwordless"
	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal("readreplica: ", err)
	}
}

// --- copy from here ---------------------------------------------------------------------

// databases are a server and its replica, which share one token.
type databases struct {
	writer, reader *sql.DB
}

func open() (*databases, error) {
	writer, err := sql.Open("azure-postgres", "") // the default connection of the environment
	if err != nil {
		return nil, err
	}
	reader, err := sql.Open("azure-postgres", os.Getenv("READ_FROM")) // if it is not set, the default one too
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &databases{writer, reader}, nil
}

// read does what only reads: on the replica, or on the server if the replica cannot be had at the moment.
func (d *databases) read(ctx context.Context, do func(*sql.DB) error) error {
	err := do(d.reader)
	if failed, ok := errors.AsType[*passwordless.LoginError](err); ok && failed.Temporary() {
		log.Print("replica: ", err)
		return do(d.writer)
	}
	return err
}

func (d *databases) close() error { return errors.Join(d.reader.Close(), d.writer.Close()) }

// --- to here ----------------------------------------------------------------------------

func run(ctx context.Context) (err error) {
	d, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	for _, statement := range []string{
		"drop table if exists articles",
		"create table articles (id int primary key, title varchar(60) not null)",
		"insert into articles (id, title) values (1, 'Tea'), (2, 'Cups')",
	} {
		if _, err := d.writer.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var n int
	err = d.read(ctx, func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "select count(*) from articles").Scan(&n)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d articles\n", n)
	for i, use := range []string{"writes", "reads"} {
		s := passwordless.Statuses()[i]
		fmt.Printf("%s: %s:%d, connection %q\n", use, s.Hosts[0].Name, s.Hosts[0].Port, s.Connection)
	}
	return nil
}
