// Command quickstart runs the library's main job end to end on this machine,
// with nothing installed but Go: a database that takes Microsoft Entra tokens, an
// identity endpoint that issues them, and a program that has only Service
// Connector's variables and opens the database with sql.Open.
//
//	go run ./examples/quickstart [-db postgres|mysql|sqlserver]
//
// The part to copy into a program of one's own is marked in app.go.
//
// The database is a private PostgreSQL or MariaDB where that is installed, and an
// embedded SQLite behind the wire protocol elsewhere and for SQL Server; the
// output says which. Everything listens on 127.0.0.1, and all of it is gone at the
// end.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	kind := flag.String("db", "postgres", "the database: postgres, mysql or sqlserver")
	flag.Parse()
	if starts[*kind] == nil || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // "quickstart | head" must clean up too
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx, *kind, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run starts the machinery of Azure, then the program, then stops it all.
func run(ctx context.Context, kind string, out io.Writer) (err error) {
	azure, err := startAzure(ctx, kind)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := azure.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := azure.describe(out); err != nil {
		return err
	}
	connections, err := program(ctx, azure, out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "ok: %d connections, %d token requests\n", connections, azure.cloud.TokenRequests())
	return err
}
