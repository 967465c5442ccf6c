package drivertest_test

import (
	"context"
	"io"
	"log"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	passwordlessmysql "github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
)

// door is a way to log in. SQL Server has only the connector.
type door struct {
	name    string
	open    func(t *testing.T, s string, o *options, log io.Writer) login
	explain func(error) error
	bare    bool // the native driver opens the connection, so that nothing recovers its panic
}

// login makes one login. Who closes the connection has hung up before.
type login func(context.Context) (closer func(), err error)

// throughConnector is the door that all engines have.
func (e *engine) throughConnector() door {
	return door{"connector", func(t *testing.T, s string, o *options, _ io.Writer) login {
		c, err := e.connector(s, o)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return func(ctx context.Context) (func(), error) {
			conn, err := c.Connect(ctx)
			return func() { _ = conn.Close() }, err
		}
	}, func(err error) error { return err }, false}
}

var postgresDoors = []door{
	{"NewPool", func(t *testing.T, s string, o *options, _ io.Writer) login {
		pool, err := postgres.NewPool(t.Context(), s, o)
		require.NoError(t, err)
		return throughPool(t, pool)
	}, postgres.Explain, false},
	{"ConfigurePool", func(t *testing.T, s string, o *options, _ io.Writer) login {
		cfg, err := pgxpool.ParseConfig("pool_max_conns=64")
		require.NoError(t, err)
		require.NoError(t, postgres.ConfigurePool(cfg, s, o))
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		return throughPool(t, pool)
	}, postgres.Explain, false},
	{"Configure", func(t *testing.T, s string, o *options, _ io.Writer) login {
		cfg, err := pgx.ParseConfig("")
		require.NoError(t, err)
		require.NoError(t, postgres.Configure(cfg, s, o))
		return func(ctx context.Context) (func(), error) {
			conn, err := pgx.ConnectConfig(ctx, cfg)
			return func() { closePGX(conn) }, err
		}
	}, postgres.Explain, false},
}

// throughPool takes each connection out of the pool.
func throughPool(t *testing.T, pool *pgxpool.Pool) login {
	t.Cleanup(pool.Close)
	return func(ctx context.Context) (func(), error) {
		pooled, err := pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		conn := pooled.Hijack()
		return func() { closePGX(conn) }, nil
	}
}

func closePGX(conn *pgx.Conn) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = conn.Close(ended)
}

var mysqlDoors = []door{
	{"Configure", func(t *testing.T, s string, o *options, w io.Writer) login {
		cfg := mysql.NewConfig()
		cfg.Logger = log.New(w, "driver ", 0)
		require.NoError(t, passwordlessmysql.Configure(cfg, s, o))
		native, err := mysql.NewConnector(cfg)
		require.NoError(t, err)
		return func(ctx context.Context) (func(), error) {
			conn, err := native.Connect(ctx)
			return func() { _ = conn.Close() }, err
		}
	}, passwordlessmysql.Explain, true},
}
