//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/login"
)

// server is a private server of the PostgreSQL on this machine.
type server struct {
	*cluster
	ldap     *ldapServer
	database string
	logins   login.Log
}

var _ installed = (*server)(nil)

// start runs the server of a directory.
func start(ctx context.Context, bin string, cloud *azuretest.Cloud, options Options) (*Server, error) {
	certificate, err := cloud.CA().Issue(options.Names...)
	if err != nil {
		return nil, fmt.Errorf("lab: the server's certificate: %w", err)
	}
	s := &server{database: options.Database}
	check := func(user, token string) error { return s.logins.CheckToken(cloud, user, token) }
	if s.ldap, err = startLDAP(ctx, check); err != nil {
		return nil, err
	}
	if s.cluster, err = newCluster(ctx, bin, certificate, s.ldap.port); err != nil {
		return nil, errors.Join(err, s.ldap.stop())
	}
	if err := s.cluster.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	version, err := s.setUp(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	info := lab.Info{Engine: "PostgreSQL " + version, Host: "127.0.0.1", Port: s.Port, Database: s.database}
	return newServer(ctx, info, s, options)
}

// setUp makes the group of token roles and the database, and returns the server's version.
func (s *server) setUp(ctx context.Context) (version string, err error) {
	conn, err := s.connect(ctx, superuser, superuser)
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
func (s *server) grant(ctx context.Context) (err error) {
	conn, err := s.connect(ctx, superuser, s.database)
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

// CreateUser implements lab.Backend.
func (s *server) CreateUser(ctx context.Context, name, password string) (err error) {
	conn, err := s.connect(ctx, superuser, s.database)
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

func (s *server) superuser(ctx context.Context) (*pgx.Conn, error) {
	return s.connect(ctx, superuser, s.database)
}

func (s *server) backendConninfo() string { return s.conninfo(superuser, s.database) }

// Log implements lab.Backend.
func (s *server) Log() string { return s.cluster.Log() + s.logins.String() }

// Stop ends the server before its LDAP server, whose last connections end with it.
func (s *server) Stop() error {
	return errors.Join(s.halt(), s.ldap.stop(), s.Remove())
}
