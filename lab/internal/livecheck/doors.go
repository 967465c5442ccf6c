package livecheck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// engine is what differs between the databases.
type engine struct {
	name            string
	whoami, version string // queries
	tokenNamesUser  bool   // and not the connection
	retires         bool   // connections end before their token does
	doors           []door
}

var engines = [...]engine{
	dsn.PostgreSQL: {
		name:   "PostgreSQL",
		whoami: "select current_user", version: "select split_part(version(), ' on ', 1)",
		doors: append(sqlDoors(postgres.DriverName, "postgres", postgres.NewConnector), door{"postgres.NewPool", true, openPool}),
	},
	dsn.MySQL: {
		name:    "MySQL",
		whoami:  "select left(current_user(), char_length(current_user()) - char_length(substring_index(current_user(), '@', -1)) - 1)",
		version: "select version()",
		doors:   sqlDoors(mysql.DriverName, "mysql", mysql.NewConnector),
	},
	dsn.SQLServer: {
		name: "SQL Server", tokenNamesUser: true, retires: true,
		whoami: "select suser_sname()", version: "select @@version",
		doors: sqlDoors(sqlserver.DriverName, "sqlserver", sqlserver.NewConnector),
	},
}

// door is a function of the library that opens connections.
type door struct {
	name         string
	takesOptions bool
	open         func(s string, o *passwordless.Options, lifetime time.Duration) (pool, error) // lifetime of its connections; 0: no limit
}

// pool is a pool of connections, whichever it is.
type pool interface {
	take(context.Context) (session, error)
	status() passwordless.Status // zero if the pool has none
	close()
}

// session is a connection out of a pool.
type session interface {
	ask(ctx context.Context, query string) (string, error) // a row of one text
	native() any                                           // the driver's connection, for comparison
	release()
}

// sqlDoors are those of database/sql. The first one's Status is what the others' users are compared with.
func sqlDoors[C connector](driverName, pkg string, connect func(string, *passwordless.Options) (C, error)) []door {
	return []door{
		{pkg + ".NewConnector", true, func(s string, o *passwordless.Options, lifetime time.Duration) (pool, error) {
			c, err := connect(s, o)
			if err != nil {
				return nil, err
			}
			db := sql.OpenDB(c)
			db.SetConnMaxLifetime(lifetime)
			return sqlPool{db, c}, nil
		}},
		{"sql.Open", false, func(s string, _ *passwordless.Options, _ time.Duration) (pool, error) {
			db, err := sql.Open(driverName, s)
			return sqlPool{DB: db}, err
		}},
	}
}

type connector interface {
	driver.Connector
	Status() passwordless.Status
}

type sqlPool struct {
	*sql.DB
	connector connector // nil with sql.Open
}

func (p sqlPool) close() { _ = p.Close() } // nothing was written

func (p sqlPool) status() (status passwordless.Status) {
	if p.connector != nil {
		status = p.connector.Status()
	}
	return status
}

func (p sqlPool) take(ctx context.Context) (session, error) {
	conn, err := p.Conn(ctx)
	return sqlSession{conn}, err
}

type sqlSession struct{ *sql.Conn }

func (s sqlSession) release() { _ = s.Close() } // nothing was written

func (s sqlSession) ask(ctx context.Context, query string) (text string, err error) {
	err = s.QueryRowContext(ctx, query).Scan(&text)
	return text, err
}

func (s sqlSession) native() (conn any) {
	_ = s.Raw(func(c any) error { conn = c; return nil })
	return conn
}

// openPool opens pgx's own pool.
func openPool(s string, o *passwordless.Options, lifetime time.Duration) (pool, error) {
	cfg, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	if lifetime > 0 {
		cfg.MaxConnLifetime = lifetime
	}
	if err := postgres.ConfigurePool(cfg, s, o); err != nil {
		return nil, err
	}
	p, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	return pgxPool{p}, nil
}

type pgxPool struct{ *pgxpool.Pool }

func (p pgxPool) close() { p.Close() }

func (p pgxPool) status() (none passwordless.Status) { return none }

func (p pgxPool) take(ctx context.Context) (session, error) {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("pgxpool: %w", postgres.Explain(err))
	}
	return pgxSession{conn}, nil
}

type pgxSession struct{ *pgxpool.Conn }

func (s pgxSession) release() { s.Release() }

func (s pgxSession) native() any { return s.Conn.Conn() }

func (s pgxSession) ask(ctx context.Context, query string) (text string, err error) {
	err = s.QueryRow(ctx, query).Scan(&text)
	return text, err
}
