// Command bulkcopy loads many rows the way each driver does it fastest, over the driver's own connection.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/bulkcopy -db postgres
//
// The same with mysql and sqlserver. It shows CopyFrom of pgx, LOAD DATA of MySQL, which the server must allow
// (local_infile), and SQL Server's bulk copy.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"log"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	mssql "github.com/microsoft/go-mssqldb"

	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

const rows = 5_000

func main() {
	engine := flag.String("db", "postgres", "postgres, mysql or sqlserver")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, *engine); err != nil {
		log.Fatal("bulkcopy: ", err)
	}
}

// --- copy from here: the function of your database --------------------------------------

var loaders = map[string]func(context.Context, *sql.Conn) error{"postgres": copyFrom, "mysql": loadData, "sqlserver": bulkCopy}

func copyFrom(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(native any) error {
		source := pgx.CopyFromSlice(rows, func(i int) ([]any, error) { return []any{int32(i), name(i)}, nil })
		_, err := native.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{"bulk"}, []string{"id", "name"}, source)
		return err
	})
}

func loadData(ctx context.Context, conn *sql.Conn) error {
	reader, writer := io.Pipe()
	gomysql.RegisterReaderHandler("bulk", func() io.Reader { return reader }) // no file is read, and none may be
	defer gomysql.DeregisterReaderHandler("bulk")
	go func() {
		var err error
		for i := 0; i < rows && err == nil; i++ {
			_, err = fmt.Fprintf(writer, "%d\t%s\n", i, name(i))
		}
		writer.CloseWithError(err)
	}()
	_, err := conn.ExecContext(ctx, "load data local infile 'Reader::bulk' into table bulk (id, name)")
	reader.Close() // ends the goroutine if the server wanted no rows
	return err
}

func bulkCopy(ctx context.Context, conn *sql.Conn) error {
	return sqlserver.Raw(conn, func(native *mssql.Conn) error {
		bulk := native.CreateBulkContext(ctx, "dbo.bulk", []string{"id", "name"})
		for i := range rows {
			if err := bulk.AddRow([]any{i, name(i)}); err != nil {
				return err
			}
		}
		_, err := bulk.Done()
		return err
	})
}

// --- to here ----------------------------------------------------------------------------

func name(i int) string { return fmt.Sprint("name ", i) }

func run(ctx context.Context, engine string) error {
	db, err := sql.Open("azure-"+engine, "") // everything from the environment
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range []string{"drop table if exists bulk", "create table bulk (id int primary key, name varchar(40) not null)"} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	began := time.Now()
	if err := loaders[engine](ctx, conn); err != nil {
		return err
	}
	took := time.Since(began)
	var n, last int
	if err := conn.QueryRowContext(ctx, "select count(*), max(id) from bulk").Scan(&n, &last); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows up to number %d in %.2f s\n", engine, n, last, took.Seconds())
	return nil
}
