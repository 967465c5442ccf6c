// Package postgres starts private PostgreSQL servers that accept Microsoft Entra tokens, as Azure Database for PostgreSQL
// does.
//
// [Start] runs the newest PostgreSQL of the usual installation directories (/usr/lib/postgresql/*/bin,
// /usr/pgsql-*/bin, Homebrew's), then of PATH. It must have been built with LDAP and OpenSSL, as the packages of Debian,
// Red Hat and postgresql.org are. The environment variable PASSWORDLESS_LAB_POSTGRES names another directory, or is
// "off" to behave as if it were not installed. Otherwise it runs SQLite behind a PostgreSQL wire front end.
package postgres

import (
	"context"
	"fmt"
	"testing"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/pgsqlite"
)

const envDir = "PASSWORDLESS_LAB_POSTGRES"

// Options adjusts a server. A nil *Options means all defaults.
type Options = lab.Options

// Server is a running server, with the fields and methods of [lab.Server].
type Server struct {
	*lab.Server
	cluster *cluster // nil of the embedded engine
}

// Start runs the PostgreSQL installed on this machine, or the embedded engine where there is none.
// The variable PASSWORDLESS_LAB_POSTGRES names the directory of PostgreSQL's programs; "off" stands for none.
// ctx bounds the start, not the server's life, which ends with Close.
//
// The embedded engine's SQL is SQLite's. Understood in addition: $1 parameters, casts with ::, serial and identity
// columns, now(), version(), current_user, current_database(), SHOW of a few settings; SET is ignored. Not there: schemas, COPY,
// LISTEN, arrays, PL/pgSQL, roles and rights inside the database. Outside of BEGIN every statement commits by
// itself. A transaction that is not READ ONLY has the whole database: other sessions wait for it up to 10 s.
func Start(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	return engine.Start(o, func() (*Server, error) { return startInstalled(ctx, cloud, o) },
		func() (*Server, error) { return startEmbedded(ctx, cloud, o) })
}

// startInstalled runs a private server of the PostgreSQL installed on this machine. Every user of o.Users logs
// in over verified TLS with a token of cloud, which must be open for as long as the server runs. ctx bounds the
// start, which takes about half a second. Without PostgreSQL the error is [lab.ErrNotInstalled].
func startInstalled(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	bin, err := installedServer()
	if err != nil {
		return nil, err
	}
	return start(ctx, bin, cloud, o.WithDefaults())
}

// startEmbedded runs SQLite behind a PostgreSQL wire front end, as startInstalled runs PostgreSQL: the same TLS, users
// and check of the token, on a free port of 127.0.0.1; users with a password send it as clear text inside TLS.
func startEmbedded(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	options := o.WithDefaults()
	e, info, err := pgsqlite.Start(ctx, cloud, options)
	if err != nil {
		return nil, err
	}
	return newServer(ctx, info, e, options)
}

// newServer makes a server of a backend that runs. PostgreSQL shortens names of more than 63 bytes (NAMEDATALEN is 64).
func newServer(ctx context.Context, info engine.Info, b engine.Backend, o Options) (*Server, error) {
	s, err := engine.New(ctx, info, b, 63, o.Users)
	if err != nil {
		return nil, err
	}
	c, _ := b.(*cluster)
	return &Server{s, c}, nil
}

// Require is for the first line of a test that needs a real PostgreSQL. Without one the test is skipped on a developer's
// machine, and fails where the environment variable CI is set.
func Require(tb testing.TB) {
	tb.Helper()
	_, err := installedServer()
	engine.Need(tb, "PostgreSQL", err)
}

// BackendConninfo is a libpq connection string that reaches the server over its private UNIX socket, where any role may
// log in without a password. It is of the superuser, for arranging tests (pg_stat_activity, pg_terminate_backend);
// append "user=..." for another role, as the Backend of postgresfront.Options needs. The embedded engine has none.
func (s *Server) BackendConninfo() (string, error) {
	if s.cluster == nil {
		return "", fmt.Errorf("lab: backend: %w", engine.ErrEmbedded)
	}
	return s.cluster.conninfo(s.Database), nil
}
