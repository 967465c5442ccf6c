//go:build linux || darwin || freebsd

package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/azuretest"
)

// installed is a private server of the PostgreSQL on this machine.
type installed struct {
	cluster  *cluster
	ldap     *ldapServer
	database string
	refusals refusals
}

var _ engine = (*installed)(nil)

// StartInstalledPostgres runs a private server of the PostgreSQL installed on this machine. Every role of o.Roles logs
// in over verified TLS with a token of cloud, which must be open for as long as the server runs. ctx bounds the
// start, which takes about half a second. Without PostgreSQL the error is [ErrNotInstalled].
func StartInstalledPostgres(ctx context.Context, cloud *azuretest.Cloud, o *PostgresOptions) (*Postgres, error) {
	bin, err := installedServer()
	if err != nil {
		return nil, err
	}
	certificate, err := cloud.CA().Issue(o.names()...)
	if err != nil {
		return nil, fmt.Errorf("lab: the server's certificate: %w", err)
	}
	s := &installed{database: o.database()}
	check := func(role, password string) error { return verifyToken(cloud, role, password) }
	if s.ldap, err = startLDAP(ctx, check, s.refusals.add); err != nil {
		return nil, err
	}
	if s.cluster, err = newCluster(ctx, bin, certificate, s.ldap.port); err != nil {
		return nil, errors.Join(err, s.ldap.stop())
	}
	if err := s.cluster.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	version, err := s.setUp(ctx)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	p := &Postgres{Engine: "PostgreSQL " + version, Host: "127.0.0.1", Port: s.cluster.port, Database: s.database, engine: s}
	return finish(ctx, p, o)
}

// setUp makes the group of token roles and the database, and returns the server's version.
func (s *installed) setUp(ctx context.Context) (version string, err error) {
	conn, err := s.cluster.connect(ctx, superuser, superuser)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	var full string
	if err := conn.QueryRow(ctx, "show server_version").Scan(&full); err != nil {
		return "", fmt.Errorf("lab: server version: %w", err)
	}
	if _, err := conn.Exec(ctx, "create role "+entraGroup+" nologin"); err != nil {
		return "", fmt.Errorf("lab: create role %s: %w", entraGroup, err)
	}
	if s.database != superuser { // initdb has made that one
		if _, err := conn.Exec(ctx, "create database "+identifier(s.database)); err != nil {
			return "", fmt.Errorf("lab: create database %q: %w", s.database, err)
		}
	}
	version, _, _ = strings.Cut(full, " ") // "15.18 (Debian 15.18-0+deb12u1)"
	return version, s.grant(ctx)
}

// grant lets every role create tables in the database; since PostgreSQL 15 the public schema is closed.
func (s *installed) grant(ctx context.Context) (err error) {
	conn, err := s.cluster.connect(ctx, superuser, s.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, "grant all on schema public to public"); err != nil {
		return fmt.Errorf("lab: grant on schema public: %w", err)
	}
	return nil
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

func (s *installed) createRole(ctx context.Context, name, password string) (err error) {
	conn, err := s.cluster.connect(ctx, superuser, s.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	statement := "create role " + identifier(name) + " login in role " + entraGroup
	if password != "" {
		// create role takes no parameters; format quotes the literal on the server
		err := conn.QueryRow(ctx, "select format('create role %I login password %L', $1::text, $2::text)", name, password).Scan(&statement)
		if err != nil {
			return fmt.Errorf("lab: create role %q: %w", name, err)
		}
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("lab: create role %q: %w", name, err)
	}
	return nil
}

func (s *installed) superuser(ctx context.Context) (*pgx.Conn, error) {
	return s.cluster.connect(ctx, superuser, s.database)
}

func (s *installed) backendConninfo() (string, error) {
	return s.cluster.conninfo(superuser, s.database), nil
}

func (s *installed) log() string { return s.cluster.log() + s.refusals.String() }

// stop ends the server before its LDAP server, whose last connections end with it.
func (s *installed) stop() error {
	return errors.Join(s.cluster.halt(), s.ldap.stop(), s.cluster.remove())
}
