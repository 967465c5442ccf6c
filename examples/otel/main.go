// Command otel measures tokens, logins, pools and statements with OpenTelemetry, and serves what it measures at /metrics.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/otel
//
// Then open http://127.0.0.1:8080/query and /metrics. otelsql and otelpgx measure the statements, on the same connections.
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

	"github.com/XSAM/otelsql"
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	_ "github.com/azuredb/passwordless/mysql" // registers "azure-mysql"; an app imports only the one it uses
	passwordlessotel "github.com/azuredb/passwordless/otel"
	"github.com/azuredb/passwordless/postgres"
	_ "github.com/azuredb/passwordless/sqlserver"
)

func main() {
	engine := flag.String("db", "postgres", "postgres, mysql or sqlserver")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *engine); err != nil {
		slog.Error("otel ends", "error", err)
		os.Exit(1)
	}
}

// --- copy from here: what to measure ----------------------------------------------------

// open needs the program's providers: otel.SetMeterProvider for metrics, otel.SetTracerProvider for spans.
func open(engine string) (*sql.DB, error) {
	if _, err := passwordlessotel.Instrument(nil, nil); err != nil { // tokens and logins of the process
		return nil, err
	}
	db, err := otelsql.Open("azure-"+engine, "") // statements
	if err != nil {
		return nil, err
	}
	_, err = passwordlessotel.InstrumentDB(nil, "shop", db) // its pool
	return db, err
}

// openPool does the same with pgx's own pool.
func openPool(ctx context.Context) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.Tracer = otelpgx.NewTracer() // statements
	if err := postgres.ConfigurePool(cfg, "", nil); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	_, err = passwordlessotel.InstrumentPool(nil, "jobs", pool)
	return pool, err
}

// --- to here ----------------------------------------------------------------------------

func run(ctx context.Context, engine string) error {
	reader, err := prometheus.New()
	if err != nil {
		return err
	}
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	db, err := open(engine)
	if err != nil {
		return err
	}
	defer db.Close()
	var pool *pgxpool.Pool
	if engine == "postgres" {
		if pool, err = openPool(ctx); err != nil {
			return err
		}
		defer pool.Close()
	}
	http.Handle("GET /metrics", promhttp.Handler())
	http.HandleFunc("GET /query", func(w http.ResponseWriter, r *http.Request) {
		_, err := db.ExecContext(r.Context(), "select 1")
		if pool != nil && err == nil {
			_, err = pool.Exec(r.Context(), "select 1")
		}
		fmt.Fprintln(w, "queried, error:", err)
	})
	listener, err := net.Listen("tcp", ":"+cmp.Or(os.Getenv("PORT"), "8080"))
	if err != nil {
		return err
	}
	slog.Info("listening", "address", listener.Addr().String())
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
