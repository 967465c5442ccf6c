// Command functions is a custom handler of Azure Functions, with an HTTP trigger and a timer.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/functions
//
// Then, as the Functions host does for an HTTP request and for the timer:
//
//	curl -d tea http://127.0.0.1:8081/api/orders
//	curl -d '{}' http://127.0.0.1:8081/cleanup
//
// It shows one handle for all invocations, and both shapes of a request: HTTP as it came (enableForwardingHttpRequest in
// host.json), and the host's JSON for other triggers. docs/deploy/functions.md has the way to Azure.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("functions ends", "error", err)
		os.Exit(1)
	}
}

// --- copy from here ---------------------------------------------------------------------

func run(ctx context.Context) error {
	db, err := sql.Open("azure-postgres", "") // everything from the environment; one handle, not one for each invocation
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(10)                 // of each instance: Functions starts many
	db.SetConnMaxIdleTime(5 * time.Minute) // an instance is kept for longer than it is busy
	if _, err := db.ExecContext(ctx, "create table if not exists function_orders (item varchar(60) not null)"); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/orders", func(w http.ResponseWriter, r *http.Request) { add(w, r, db) })
	mux.HandleFunc("POST /cleanup", func(w http.ResponseWriter, r *http.Request) { cleanup(w, r, db) }) // the directory's name
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), "8081"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() }) // the host sends no more requests by then
	slog.Info("listening", "address", listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answer is what the host wants to know of a trigger that is not HTTP. A status other than 200 is a failed invocation.
type answer struct {
	Outputs map[string]any
	Logs    []string
}

// --- to here ----------------------------------------------------------------------------

// add is called with the request as it came.
func add(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	item, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 60))
	if err != nil || len(item) == 0 {
		http.Error(w, "the body is the item, of at most 60 bytes", http.StatusBadRequest)
		return
	}
	var n int
	_, err = db.ExecContext(r.Context(), "insert into function_orders (item) values ($1)", string(item))
	if err == nil {
		err = db.QueryRowContext(r.Context(), "select count(*) from function_orders").Scan(&n)
	}
	if failed(w, err) {
		return
	}
	fmt.Fprintf(w, "%d orders\n", n)
}

// cleanup is called with the timer's state, as JSON of the host.
func cleanup(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	result, err := db.ExecContext(r.Context(), "delete from function_orders")
	if failed(w, err) {
		return
	}
	n, err := result.RowsAffected()
	if failed(w, err) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer{Outputs: map[string]any{}, Logs: []string{fmt.Sprintf("%d orders removed", n)}}); err != nil {
		slog.Warn("answer not sent", "error", err)
	}
}

// failed logs an error, which is one line without secrets, and tells the caller that there was one.
func failed(w http.ResponseWriter, err error) bool {
	if err != nil {
		slog.Error("invocation failed", "error", err)
		http.Error(w, "the database cannot be reached", http.StatusInternalServerError)
	}
	return err != nil
}
