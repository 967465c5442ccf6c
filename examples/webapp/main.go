// Command webapp is a small shop over net/http and database/sql: products, a form to order one, and the orders.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/webapp
//
// Then open http://127.0.0.1:8080. For the others: --db mysql and -db mysql, or sqlserver in both places.
//
// It shows a service as its host in Azure wants it: probes that tell what is wrong, metrics for the dashboard of
// docs/metrics.md, and a shutdown that lets requests end. Dockerfile makes an image of it. The shop itself is in
// examples/internal/shop.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/azuredb/passwordless/examples/internal/shop"
	_ "github.com/azuredb/passwordless/mysql"    // registers "azure-mysql"
	_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
	passwordlessprom "github.com/azuredb/passwordless/prometheus"
	_ "github.com/azuredb/passwordless/sqlserver" // registers "azure-sqlserver"; an app imports only the one it uses
)

func main() {
	engine := flag.String("db", "postgres", "postgres, mysql or sqlserver")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // Azure stops with SIGTERM
	defer stop()
	if err := run(ctx, *engine, ":"+cmp.Or(os.Getenv("PORT"), "8080")); err != nil {
		slog.Error("webapp ends", "error", err)
		os.Exit(1)
	}
}

// --- copy from here: the database, probes, metrics, shutdown ----------------------------

func run(ctx context.Context, engine, address string) error {
	prometheus.MustRegister(passwordlessprom.NewCollector()) // first: it counts logins from here on
	db, err := sql.Open("azure-"+engine, "")                 // everything from the environment
	if err != nil {
		return err
	}
	defer db.Close()
	prometheus.MustRegister(passwordlessprom.NewDBCollector("shop", db))
	s, err := shop.Open(ctx, db, engine)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.Pages())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok") // the process lives; a restart would not mend the database
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, db) })
	mux.Handle("GET /metrics", promhttp.Handler())
	return serve(ctx, address, mux)
}

// ready is for the probe that decides whether requests come here.
func ready(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		slog.Warn("not ready", "error", err) // one line: what is wrong and what to do, no secret
		http.Error(w, "the database cannot be reached", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// serve serves until ctx ends, then lets the requests end that have begun.
func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.Background(), 20*time.Second) // Azure kills after 30 s
		defer cancel()
		stopped <- server.Shutdown(ending)
	})
	slog.Info("listening", "address", listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// --- to here ----------------------------------------------------------------------------
