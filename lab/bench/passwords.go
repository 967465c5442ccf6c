package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	gomysql "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// programs are those of a MySQL or MariaDB on this machine.
type programs struct {
	name   string
	server []string // the command
	prefix []string // of the command's options
	files  []string // the command that makes the database's files; if nil, the server does
}

// mariaDB is the one that is installed.
func mariaDB() programs {
	const base = "/usr"
	return programs{name: "MariaDB", server: []string{base + "/sbin/mariadbd"}, prefix: []string{"--no-defaults", "--basedir=" + base, "--innodb-log-file-size=8M"},
		files: []string{base + "/bin/mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"}}
}

// genuine is the MySQL that mysql-genuine.sh has unpacked, with the libraries that it was built for.
func genuine(dir string) programs {
	lib, base := filepath.Join(dir, "usr/lib/x86_64-linux-gnu"), filepath.Join(dir, "usr")
	return programs{name: "MySQL", server: []string{filepath.Join(lib, "ld-linux-x86-64.so.2"), "--library-path", lib, filepath.Join(base, "sbin/mysqld")},
		prefix: []string{"--no-defaults", "--basedir=" + base, "--mysqlx=OFF", "--secure-file-priv=NULL", "--innodb-redo-log-capacity=8M"}}
}

func startGenuine(ctx context.Context, s *stage) error {
	if s.genuine == "" {
		return nil
	}
	dir, err := filepath.Abs(s.genuine)
	if err != nil {
		return err
	}
	for _, c := range []struct{ key, version string }{{"ECDSA", "1.3"}, {"RSA", "1.3"}, {"RSA", "1.2"}} {
		if err := startWithPassword(ctx, s, genuine(dir), c.key, c.version); err != nil {
			return err
		}
	}
	return nil
}

const password = "a-password-of-the-benchmark"

// startWithPassword starts a server that has a key of this kind and offers one version of TLS, and whose user app has a
// password: MySQL has no plugin for tokens, and the login takes next to no time.
func startWithPassword(ctx context.Context, s *stage, p programs, key, version string) error {
	d, err := daemon.New(p.name, s.Cloud, []string{"localhost", loopback}, syscall.SIGTERM, syscall.SIGQUIT)
	if err != nil {
		return err
	}
	c := gomysql.NewConfig()
	c.User, c.Net, c.Addr, c.Logger = "root", "unix", d.File("socket"), &gomysql.NopLogger{}
	connector, err := gomysql.NewConnector(c)
	if err != nil {
		return errors.Join(err, d.Stop())
	}
	root := sql.OpenDB(connector)
	root.SetMaxIdleConns(0)
	d.Finish = root.Close
	s.closers = append(s.closers, d.Stop)
	if key == "RSA" {
		if err := s.certify(d); err != nil {
			return err
		}
	}
	common := slices.Concat(p.prefix, []string{"--datadir=" + d.File("data"), "--tmpdir=" + d.Dir(),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-log-bin"})
	files := slices.Concat(p.server, common, []string{"--initialize-insecure"})
	if p.files != nil {
		files = slices.Concat(p.files[:1], common, p.files[1:])
	}
	if err := d.Run(ctx, files[0], files[1:]...); err != nil {
		return err
	}
	var engine string
	err = d.Start(ctx, p.server[0], func() []string {
		return slices.Concat(p.server[1:], common, []string{"--socket=" + d.File("socket"), "--pid-file=" + d.File("pid"),
			fmt.Sprintf("--port=%d", d.Port), "--bind-address=" + loopback, "--tls-version=TLSv" + version,
			"--ssl-cert=" + d.File(daemon.CertFile), "--ssl-key=" + d.File(daemon.KeyFile)})
	}, func(ctx context.Context) bool {
		return root.QueryRowContext(ctx, "select version()").Scan(&engine) == nil
	})
	if err != nil {
		return err
	}
	for _, statement := range []string{"create database app", "create user app@'%' identified by '" + password + "' require ssl", "grant all on app.* to app@'%'"} {
		if _, err := root.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	engine, _, _ = strings.Cut(engine, "-")
	s.started = append(s.started, s.mySQL(fmt.Sprintf("%s %s, %s key, TLS %s", p.name, engine, key, version), fmt.Sprintf("%s:%d", loopback, d.Port), "app", password, ""))
	return nil
}

// certify gives the server a certificate with a key of RSA. The cloud's have keys of ECDSA.
func (s *stage) certify(d *daemon.Daemon) error {
	if s.certificate == nil {
		certificate, root, err := rsaCertificate()
		if err != nil {
			return err
		}
		s.certificate, s.issuer = &certificate, root
	}
	chain, key, err := daemon.EncodePEM(*s.certificate)
	if err != nil {
		return err
	}
	return d.Write(map[string]string{daemon.CertFile: string(chain), daemon.KeyFile: string(key)})
}
