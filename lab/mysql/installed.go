//go:build linux || darwin || freebsd

package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/login"
)

// mariadb is a private server of the MariaDB on this machine.
type mariadb struct {
	*daemon.Daemon
	programs  mariadbPrograms
	validator *validator
	database  string
	logins    login.Log
}

var _ installed = (*mariadb)(nil)

// start runs the server.
func (p mariadbPrograms) start(ctx context.Context, cloud *azuretest.Cloud, options Options) (*Server, error) {
	certificate, err := cloud.CA().Issue(options.Names...)
	if err != nil {
		return nil, fmt.Errorf("lab: the server's certificate: %w", err)
	}
	d, err := daemon.New("MariaDB")
	if err != nil {
		return nil, err
	}
	s := &mariadb{Daemon: d, programs: p, database: options.Database}
	if err := s.prepare(cloud, certificate); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	version, err := s.setUp(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	info := lab.Info{Engine: "MariaDB " + version, Host: "127.0.0.1", Port: s.Port, Database: s.database}
	return newServer(ctx, info, s, options)
}

// prepare starts the validator of tokens and writes the certificate and the plugin.
func (s *mariadb) prepare(cloud *azuretest.Cloud, certificate tls.Certificate) (err error) {
	s.validator, err = startValidator(s.Daemon, func(user, token string) error { return s.logins.CheckToken(cloud, user, token) })
	if err != nil {
		return err
	}
	chain, key, err := daemon.PEM(certificate)
	if err != nil {
		return err
	}
	plugin, err := entraPlugin()
	if err != nil {
		return err
	}
	return s.Write(map[string][]byte{"server.crt": chain, "server.key": key, pluginFile: plugin})
}

// setUp makes the server's files, starts it, makes the database, and returns the version.
func (s *mariadb) setUp(ctx context.Context) (version string, err error) {
	err = s.Run(ctx, s.programs.install, "--no-defaults", "--basedir="+s.programs.base, "--datadir="+s.File("data"),
		// A server that starts removes the temporary tables of others in the same directory.
		"--tmpdir="+s.Dir(), "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	if err != nil {
		return "", err
	}
	if err := s.Start(ctx, s.programs.server, s.arguments, s.answers); err != nil {
		return "", err
	}
	admin, err := s.open("")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	if _, err := admin.ExecContext(ctx, "create database if not exists "+quoteName(s.database)); err != nil {
		return "", fmt.Errorf("lab: create database %q: %w", s.database, err)
	}
	if err := admin.QueryRowContext(ctx, "select version()").Scan(&version); err != nil {
		return "", fmt.Errorf("lab: server version: %w", err)
	}
	version, _, _ = strings.Cut(version, "-") // "10.11.14-MariaDB-0+deb12u2"
	return version, nil
}

// arguments are those of mariadbd. Nothing here has to survive a crash, hence no flushing; a test may open
// hundreds of connections at once on a slow machine, hence the connections and the timeout.
func (s *mariadb) arguments(port int) []string {
	return []string{"--no-defaults", "--basedir=" + s.programs.base, "--datadir=" + s.File("data"), "--tmpdir=" + s.Dir(),
		"--socket=" + s.socket(), "--pid-file=" + s.File("pid"), fmt.Sprintf("--port=%d", port), "--bind-address=127.0.0.1",
		"--ssl-cert=" + s.File("server.crt"), "--ssl-key=" + s.File("server.key"), "--require-secure-transport=on",
		"--plugin-dir=" + s.Dir(), "--plugin-load-add=entra_token=" + pluginFile, "--plugin-maturity=unknown",
		"--skip-name-resolve", "--character-set-server=utf8mb4", "--max-connections=700", "--connect-timeout=600",
		"--max-connect-errors=1000000000", "--back-log=700",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--skip-log-bin"}
}

func (s *mariadb) socket() string { return s.File("socket") }

// answers says whether the server accepts sessions.
func (s *mariadb) answers(ctx context.Context) (bool, error) {
	admin, err := s.open("")
	if err != nil {
		return false, err
	}
	answered := admin.PingContext(ctx) == nil
	return answered, admin.Close()
}

// open opens a database as root, which has no password and can be reached over the private socket only.
func (s *mariadb) open(database string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", s.socket(), database
	c.Logger = &mysql.NopLogger{} // while the server starts no one is there
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("lab: connect over the private socket: %w", err)
	}
	return sql.OpenDB(connector), nil
}

func (s *mariadb) admin() (*sql.DB, error) { return s.open(s.database) }

func (s *mariadb) backendDSN() string {
	return fmt.Sprintf("root@unix(%s)/%s", s.socket(), s.database)
}

// CreateUser implements lab.Backend.
func (s *mariadb) CreateUser(ctx context.Context, name, password string) (err error) {
	admin, err := s.open("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	for _, statement := range accountStatements(name, password, s.database, "via entra_token as "+quoteText(s.validator.path)) {
		if _, err := admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("lab: create user %q: %w", name, err)
		}
	}
	return nil
}

// Log implements lab.Backend.
func (s *mariadb) Log() string { return s.Daemon.Log() + s.logins.String() }

// Stop ends the server before its validator.
func (s *mariadb) Stop() error {
	errs := []error{s.Halt(syscall.SIGTERM, syscall.SIGQUIT)}
	if s.validator != nil {
		errs = append(errs, s.validator.stop())
	}
	return errors.Join(append(errs, s.Remove())...)
}
