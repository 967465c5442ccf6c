package lab

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
)

// embedded is SQLite behind azuretest's PostgreSQL front end. All sessions share one database in memory.
type embedded struct {
	*memory
	cloud    *azuretest.Cloud
	database string
	front    *postgrestest.Server

	refusals refusals

	mu    sync.Mutex
	roles map[string]string // role to its password, "" for roles that log in with a token
}

var _ engine = (*embedded)(nil)

// StartEmbeddedPostgres runs SQLite behind a PostgreSQL wire front end, as [StartInstalledPostgres] runs PostgreSQL: the same
// TLS, roles and check of the token, on a free port of 127.0.0.1. It starts at once and leaves no files.
//
// The SQL is SQLite's. Understood besides: $1 parameters, casts with ::, serial and identity columns, now(),
// version(), current_user, current_database(), SHOW of a few settings; SET is ignored. Not there: schemas, COPY,
// LISTEN, arrays, PL/pgSQL, roles and rights inside the database. Outside of BEGIN every statement commits by
// itself. A transaction that is not READ ONLY has the whole database: other sessions wait for it up to 10 s.
func StartEmbeddedPostgres(ctx context.Context, cloud *azuretest.Cloud, o *PostgresOptions) (*Postgres, error) {
	m, err := openMemory(ctx)
	if err != nil {
		return nil, err
	}
	e := &embedded{memory: m, cloud: cloud, database: o.database(), roles: make(map[string]string)}
	e.front, err = postgrestest.Start(cloud, &postgrestest.Options{Names: o.names(), Verify: e.verify, Handler: e.serve})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w", err), e.stop())
	}
	p := &Postgres{
		Engine:   "SQLite " + e.version + " (stand-in behind a PostgreSQL wire front end)",
		Embedded: true, Host: e.front.Host(), Port: e.front.Port(), Database: e.database, engine: e,
	}
	return finish(ctx, p, o)
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
func (e *embedded) serve(ctx context.Context, client *postgrestest.Session) error {
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
	var err error
	if e.front != nil {
		err = e.front.Close()
	}
	return errors.Join(err, e.close())
}
