package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
)

// The users of both servers, with all rights. One logs in with a password, the other with a token.
const (
	bareUser     = "bare"
	barePassword = "bare"
	oursUser     = "ours"
)

// servers are the ones that both runs of a suite meet.
type servers struct {
	cloud              *azuretest.Cloud
	postgres           *postgres.Server
	mysql              *mysql.Server
	postgresDB, rootDB *sql.DB // of the administrators, over the private sockets
	ca                 string
	closers            []io.Closer
}

// startServers starts PostgreSQL and MariaDB, which must be installed.
func startServers(ctx context.Context, dir string) (s *servers, err error) {
	s = &servers{ca: filepath.Join(dir, fmt.Sprintf("ca-%d.pem", os.Getpid()))} // several may share the directory
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.cloud, err = azuretest.Start(); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.cloud)
	s.cloud.AddSystemAssigned(azuretest.Identity{Name: oursUser, TokenLifetime: 24 * time.Hour})
	if err := s.cloud.CA().WriteFile(s.ca); err != nil {
		return s, err
	}
	if s.postgres, err = postgres.Start(ctx, s.cloud, &postgres.Options{Installed: true, Users: []string{oursUser}}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.postgres)
	if s.mysql, err = mysql.Start(ctx, s.cloud, &mysql.Options{Installed: true, Users: []string{oursUser}}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.mysql)
	return s, s.arrange(ctx)
}

// arrange makes the users.
func (s *servers) arrange(ctx context.Context) error {
	err := errors.Join(s.postgres.CreatePasswordUser(ctx, bareUser, barePassword), s.mysql.CreatePasswordUser(ctx, bareUser, barePassword))
	conninfo, err1 := s.postgres.BackendConninfo()
	dsn, err2 := s.mysql.BackendDSN()
	if err := errors.Join(err, err1, err2); err != nil {
		return err
	}
	if s.postgresDB, err = sql.Open("pgx", conninfo); err != nil {
		return err
	}
	s.closers = append(s.closers, s.postgresDB)
	if s.rootDB, err = sql.Open("mysql", dsn); err != nil {
		return err
	}
	s.closers = append(s.closers, s.rootDB)
	err = execute(ctx, s.postgresDB, "alter role "+bareUser+" superuser", "alter role "+oursUser+" superuser")
	return errors.Join(err, execute(ctx, s.rootDB, // the bare driver goes without TLS, as the suites do
		"set global require_secure_transport = off",
		"grant all on *.* to "+bareUser+"@'%' with grant option", "grant all on *.* to "+oursUser+"@'%' with grant option"))
}

// targets makes new databases for a run of a suite.
func (s *servers) targets(ctx context.Context, su *suite, r run) (pg, my target, err error) {
	name := cmp.Or(su.database, strings.ReplaceAll(su.file(), "-", "_")+"_"+string(r))
	login := target{host: "127.0.0.1", database: name, user: oursUser, ca: s.ca}
	if r == bare {
		login.user, login.password = bareUser, barePassword
	}
	pg, my = login, login
	pg.port, my.port = strconv.Itoa(s.postgres.Port), strconv.Itoa(s.mysql.Port)
	if err := execute(ctx, s.rootDB, "drop database if exists "+name, "create database "+name); err != nil {
		return pg, my, err
	}
	if err := execute(ctx, s.postgresDB, "drop database if exists "+name+" with (force)", "create database "+name); err != nil {
		return pg, my, err
	}
	if pg.admin, err = s.postgres.BackendConninfo(); err != nil {
		return pg, my, err
	}
	if my.admin, err = s.mysql.BackendDSN(); err != nil {
		return pg, my, err
	}
	db, err := sql.Open("pgx", pg.admin+" dbname="+name)
	if err != nil {
		return pg, my, err
	}
	return pg, my, errors.Join(execute(ctx, db, su.postgres...), db.Close())
}

// environ is the suite's surroundings: this process's without what drivers read, and for ours those of an app on Azure.
func (s *servers) environ(su *suite, r run, pg, my target) []string {
	environ := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return slices.ContainsFunc([]string{"PG", "MYSQL", "AZURE_", "IDENTITY_", "MSI_", "PASSWORDLESS_"}, func(prefix string) bool {
			return strings.HasPrefix(variable, prefix)
		})
	})
	drivers := map[run][]string{bare: {"pgx", "mysql"}, ours: {"azure-postgres", "azure-mysql"}}[r]
	environ = append(environ, "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "COMPAT_USER="+oursUser, "COMPAT_DATABASE="+pg.database,
		"COMPAT_POSTGRES="+pg.keywords(), "COMPAT_POSTGRES_PORT="+pg.port, "COMPAT_POSTGRES_ADMIN="+pg.admin, "COMPAT_POSTGRES_DRIVER="+drivers[0],
		"COMPAT_MYSQL="+my.dsn("parseTime=true", "multiStatements=true"), "COMPAT_MYSQL_PORT="+my.port, "COMPAT_MYSQL_ADMIN="+my.admin, "COMPAT_MYSQL_DRIVER="+drivers[1])
	if su.environ != nil {
		environ = append(environ, su.environ(pg, my)...)
	}
	if r == ours {
		environ = append(environ, s.cloud.AppServiceEnviron()...)
		environ = append(environ, "PASSWORDLESS_TRUSTED_HOSTS=127.0.0.1", "PASSWORDLESS_CA_FILE="+s.ca)
	}
	return environ
}

func (s *servers) close() error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func execute(ctx context.Context, db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
