// Package quickstart is what the quick starts for all engines share.
package quickstart

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

// Program is a quick start for one engine.
type Program struct {
	Database string // for people
	Open     func() (*sql.DB, error)

	WhoAmI string // query for the server's version and the user
	Insert string // statement that writes an order
	Read   string // query that reads one

	// Start starts a server with one database that takes tokens of the identity.
	Start func(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity, database string) (*Server, error)
}

// Server is a running server, and what Service Connector writes about it for a
// user-assigned identity.
type Server struct {
	*lab.Server
	Environ []string
}

// Main is the main function of a quick start.
func Main(p Program) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // "quickstart | head" must clean up too
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := Run(ctx, p, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// Run starts the machinery of Azure, then the program, then stops it all.
func Run(ctx context.Context, p Program, out io.Writer) (err error) {
	_, err = fmt.Fprintf(out, "starting a database for %s and an identity endpoint on 127.0.0.1 (a few seconds)\n", p.Database)
	if err != nil {
		return err
	}
	azure, err := startAzure(ctx, p)
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
	connections, err := p.run(ctx, azure, out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "ok: %d connections, %d token requests\n", connections, azure.cloud.TokenRequests())
	return err
}
