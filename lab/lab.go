// Package lab starts private database servers that accept Microsoft Entra tokens, the way Azure's databases do.
//
//	cloud, err := azuretest.Start(nil)
//	...
//	server, err := lab.StartPostgres(ctx, cloud, &lab.PostgresOptions{Roles: []string{"my-app"}})
//	...
//	defer server.Close()
//	fmt.Println(server.Engine, server.Addr())
//
// [StartPostgres] and [StartMySQL] run the PostgreSQL or the MariaDB, in place of MySQL, that is installed on this
// machine ([StartInstalledPostgres], [StartInstalledMySQL]): files of its own in a temporary directory, listening on
// 127.0.0.1 with a certificate of the cloud's CA. The server itself asks for the password and has it checked,
// so that a bad token is refused by PostgreSQL or MariaDB and not by a stand-in: PostgreSQL by LDAP, MariaDB by an
// authentication plugin that is compiled for the occasion.
//
// Where nothing is installed they run SQLite behind a wire front end of azuretest ([StartEmbeddedPostgres],
// [StartEmbeddedMySQL]), and so does [StartSQLServer] always. It logs in the same way, but its SQL is SQLite's, with
// what each function says it understands besides. The field Engine of a server says which one answers.
//
// # Which server
//
// PostgreSQL: the newest of the usual installation directories (/usr/lib/postgresql/*/bin, /usr/pgsql-*/bin,
// Homebrew's), then PATH. It must have been built with LDAP and OpenSSL, as the packages of Debian, Red Hat and
// postgresql.org are. MariaDB, 10.4 or newer: /usr/sbin, Homebrew's directories, then PATH; it needs
// my_print_defaults and a C compiler as well. The environment variables PASSWORDLESS_LAB_POSTGRES and
// PASSWORDLESS_LAB_MARIADB name another directory, or are "off" to behave as if the server were not installed.
//
// The servers refuse to run as root; a process of root starts them as the user "nobody". On systems other than Linux,
// macOS and FreeBSD only the embedded engines are available.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/azuretest"
)

// ErrNotInstalled is what errors.Is finds when this machine has no server of the engine that the lab could run.
var ErrNotInstalled = errors.New("the database server is not installed")

// ErrStandIn is what errors.Is finds when the SQLite stand-in is asked for something only PostgreSQL has.
var ErrStandIn = errors.New("not available on the SQLite stand-in")

// EnvPostgres is the environment variable that names the directory of PostgreSQL's programs,
// or is "off" to run as if PostgreSQL were not installed.
const EnvPostgres = "PASSWORDLESS_LAB_POSTGRES"

const defaultDatabase = "app"

// PostgresOptions adjusts a server. A nil *PostgresOptions means all defaults.
type PostgresOptions struct {
	// Names are the host names and IP addresses in the server's certificate.
	// Empty: localhost and 127.0.0.1.
	Names []string
	// Roles are created as [Postgres.CreateRole] does: only they can log in. Empty: none yet.
	Roles []string
	// Database is created for the tests; every role may create tables in it. Empty: "app".
	Database string
}

func (o *PostgresOptions) names() []string {
	if o == nil || len(o.Names) == 0 {
		return []string{"localhost", "127.0.0.1"}
	}
	return o.Names
}

func (o *PostgresOptions) roles() []string {
	if o == nil {
		return nil
	}
	return o.Roles
}

func (o *PostgresOptions) database() string {
	if o == nil || o.Database == "" {
		return defaultDatabase
	}
	return o.Database
}

// Postgres is a running server. Its methods are safe for concurrent use; its fields must not be changed.
type Postgres struct {
	Engine   string // for people: "PostgreSQL 15.18", or "SQLite 3.53.0 (stand-in behind a PostgreSQL wire front end)"
	Embedded bool   // the SQLite stand-in, not PostgreSQL
	Host     string // "127.0.0.1"
	Port     int
	Database string

	engine   engine
	close    sync.Once
	closeErr error
}

// engine is what the two kinds of server do differently.
type engine interface {
	createRole(ctx context.Context, name, password string) error // password "": a role that logs in with a token
	superuser(ctx context.Context) (*pgx.Conn, error)
	backendConninfo() (string, error)
	log() string
	stop() error
}

// StartPostgres runs the PostgreSQL installed on this machine, or the embedded engine where there is none.
// ctx bounds the start, not the server's life, which ends with Close.
func StartPostgres(ctx context.Context, cloud *azuretest.Cloud, o *PostgresOptions) (*Postgres, error) {
	p, err := StartInstalledPostgres(ctx, cloud, o)
	if errors.Is(err, ErrNotInstalled) {
		return StartEmbeddedPostgres(ctx, cloud, o)
	}
	return p, err
}

// finish gives the engine its roles and makes it a server, or stops it.
func finish(ctx context.Context, p *Postgres, o *PostgresOptions) (*Postgres, error) {
	for _, role := range o.roles() {
		if err := p.CreateRole(ctx, role); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Addr is the address to dial, "127.0.0.1:port".
func (p *Postgres) Addr() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// CreateRole creates a role that logs in with a Microsoft Entra token of the identity of that name.
// As on Azure the role is a member of azure_ad_user.
func (p *Postgres) CreateRole(ctx context.Context, name string) error {
	if err := checkRole(name); err != nil {
		return err
	}
	return p.engine.createRole(ctx, name, "")
}

// CreatePasswordRole creates an ordinary role that logs in over TLS with a password of its own, which
// PostgreSQL checks by SCRAM-SHA-256 (the stand-in: as clear text inside TLS). The password must not be empty.
func (p *Postgres) CreatePasswordRole(ctx context.Context, name, password string) error {
	if err := checkRole(name); err != nil {
		return err
	}
	if password == "" {
		return fmt.Errorf("lab: role %q: the password is empty", name)
	}
	return p.engine.createRole(ctx, name, password)
}

// checkRole refuses names that PostgreSQL would silently shorten (NAMEDATALEN is 64).
func checkRole(name string) error {
	if name == "" || len(name) > 63 {
		return fmt.Errorf("lab: role %q: a name has 1 to 63 bytes", name)
	}
	return nil
}

// Superuser connects to the database as PostgreSQL's superuser, over the private UNIX socket and without a
// token: for arranging tests (pg_stat_activity, pg_terminate_backend). The caller closes the connection.
// On the stand-in the error is [ErrStandIn].
func (p *Postgres) Superuser(ctx context.Context) (*pgx.Conn, error) {
	return p.engine.superuser(ctx)
}

// BackendConninfo is a libpq connection string that reaches the server over its private UNIX socket, where any
// role may log in without a password: for [azuretest.PostgresOptions].Backend. Append "user=..." for a certain
// role; otherwise it is the superuser. On the stand-in the error is [ErrStandIn].
func (p *Postgres) BackendConninfo() (string, error) { return p.engine.backendConninfo() }

// Log is the end of the server's log, then the reasons why tokens were refused; never a token.
func (p *Postgres) Log() string { return p.engine.log() }

// Close stops the server, ends its connections and removes its files. Calls after the first do nothing and
// return the first one's error.
func (p *Postgres) Close() error {
	p.close.Do(func() { p.closeErr = p.engine.stop() })
	return p.closeErr
}
