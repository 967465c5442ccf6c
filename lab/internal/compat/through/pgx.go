// Package through opens what the suites of others open with pgx, but through this library. Package compat copies this
// file into the suites and has their calls lead here.
package through

import (
	"context"
	"database/sql"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/azuredb/passwordless/postgres"
)

// What a suite uses of pgxpool by this name, where this package is imported in its place.
type (
	Config                = pgxpool.Config
	Pool                  = pgxpool.Pool
	Conn                  = pgxpool.Conn
	ShouldPingParams      = pgxpool.ShouldPingParams
	TraceAcquireEndData   = pgxpool.TraceAcquireEndData
	TraceAcquireStartData = pgxpool.TraceAcquireStartData
	TraceReleaseData      = pgxpool.TraceReleaseData
)

// ParseConfig is pgxpool.ParseConfig.
var ParseConfig = pgxpool.ParseConfig

// own says whether the suite plays the server of a configuration itself, or needs none.
func own(config *pgx.ConnConfig) bool {
	return config == nil || config.User != os.Getenv("COMPAT_USER")
}

// New is pgxpool.New.
func New(ctx context.Context, s string) (*pgxpool.Pool, error) { return postgres.NewPool(ctx, s, nil) }

// NewWithConfig is pgxpool.NewWithConfig. The pool's configuration is a copy, as a suite may make two pools of one.
func NewWithConfig(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	if own(config.ConnConfig) {
		return pgxpool.NewWithConfig(ctx, config)
	}
	config = config.Copy()
	if err := postgres.ConfigurePool(config, config.ConnString(), nil); err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// Configured is a copy of the configuration that has been completed, or the configuration itself.
func Configured(config *pgx.ConnConfig) (*pgx.ConnConfig, error) {
	if own(config) {
		return config, nil
	}
	config = config.Copy()
	return config, postgres.Configure(config, config.ConnString(), nil)
}

// OpenDB is stdlib.OpenDB.
func OpenDB(config pgx.ConnConfig, opts ...stdlib.OptionOpenDB) *sql.DB {
	configured, err := Configured(&config)
	if err != nil {
		panic(err)
	}
	return stdlib.OpenDB(*configured, opts...)
}

// RegisterConnConfig is stdlib.RegisterConnConfig.
func RegisterConnConfig(config *pgx.ConnConfig) string {
	configured, err := Configured(config)
	if err != nil {
		panic(err)
	}
	return stdlib.RegisterConnConfig(configured)
}

// Connect is pgx.Connect.
func Connect(ctx context.Context, s string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s)
	if err != nil {
		return nil, err
	}
	if config, err = Configured(config); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}
