package lab

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/azuredb/passwordless/azuretest"
)

// embedded is SQLite behind azuretest's PostgreSQL front end. All sessions share one database in memory.
type embedded struct {
	cloud    *azuretest.Cloud
	db       *sql.DB
	keep     *sql.Conn // the database lives as long as a connection to it does
	database string
	version  string // of SQLite
	front    *azuretest.PostgresServer

	refusals refusals

	mu    sync.Mutex
	roles map[string]string // role to its password, "" for roles that log in with a token
}

var _ engine = (*embedded)(nil)

// databases numbers the SQLite databases of this process, which are known by name.
var databases atomic.Uint64

// StartEmbeddedPostgres runs SQLite behind a PostgreSQL wire front end, as [StartInstalledPostgres] runs PostgreSQL: the same
// TLS, roles and check of the token, on a free port of 127.0.0.1. It starts at once and leaves no files.
//
// The SQL is SQLite's. Understood besides: $1 parameters, casts with ::, serial and identity columns, now(),
// version(), current_user, current_database(), SHOW of a few settings; SET is ignored. Not there: schemas, COPY,
// LISTEN, arrays, PL/pgSQL, roles and rights inside the database. Outside of BEGIN every statement commits by
// itself. A transaction that is not READ ONLY has the whole database: other sessions wait for it up to 10 s.
func StartEmbeddedPostgres(ctx context.Context, cloud *azuretest.Cloud, o *PostgresOptions) (*Postgres, error) {
	name := fmt.Sprintf("file:/passwordless-lab-%d?vfs=memdb&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)", databases.Add(1))
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("lab: SQLite: %w", err)
	}
	e := &embedded{cloud: cloud, db: db, database: o.database(), roles: make(map[string]string)}
	if err := e.open(ctx, o.names()); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	p := &Postgres{
		Engine:   "SQLite " + e.version + " (stand-in behind a PostgreSQL wire front end)",
		Embedded: true, Host: e.front.Host(), Port: e.front.Port(), Database: e.database, engine: e,
	}
	return finish(ctx, p, o)
}

// open creates the database and starts the front end.
func (e *embedded) open(ctx context.Context, names []string) (err error) {
	if e.keep, err = e.db.Conn(ctx); err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	if err := e.keep.QueryRowContext(ctx, "select sqlite_version()").Scan(&e.version); err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	e.front, err = e.cloud.StartPostgres(&azuretest.PostgresOptions{Names: names, Verify: e.verify, Handler: e.serve})
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// verify decides on a login.
func (e *embedded) verify(role, password string) error {
	e.mu.Lock()
	want, known := e.roles[role]
	e.mu.Unlock()
	var err error
	switch {
	case !known:
		err = errors.New("the role does not exist")
	case want == "":
		err = verifyToken(e.cloud, role, password)
	case subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1:
		err = errors.New("the password is wrong")
	}
	if err != nil {
		e.refusals.add(role, err)
	}
	return err
}

// serve runs the session of a client that has logged in.
func (e *embedded) serve(ctx context.Context, client *azuretest.PostgresSession) error {
	if client.Database != e.database && client.Database != "" {
		return &pgconn.PgError{Severity: "FATAL", Code: "3D000", Message: fmt.Sprintf("database %q does not exist", client.Database)}
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer conn.Close()
	version := "SQLite " + e.version + " standing in for PostgreSQL behind a wire front end"
	return newSession(client, conn, speaker{user: client.User, database: e.database, version: version}).run(ctx)
}

func (e *embedded) createRole(_ context.Context, name, password string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.roles[name]; known {
		return fmt.Errorf("lab: create role %q: it already exists", name)
	}
	e.roles[name] = password
	return nil
}

func (e *embedded) superuser(context.Context) (*pgx.Conn, error) {
	return nil, fmt.Errorf("lab: superuser: %w", ErrStandIn)
}

func (e *embedded) backendConninfo() (string, error) {
	return "", fmt.Errorf("lab: backend: %w", ErrStandIn)
}

func (e *embedded) log() string { return e.refusals.String() }

// stop ends the sessions before their database.
func (e *embedded) stop() error {
	var errs []error
	if e.front != nil {
		errs = append(errs, e.front.Close())
	}
	if e.keep != nil {
		errs = append(errs, e.keep.Close())
	}
	return errors.Join(append(errs, e.db.Close())...)
}
