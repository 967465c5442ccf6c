package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/cmd/internal/tools"
)

// execHelp says what each program gets.
const execHelp = `exec runs a program with what it needs to log in with a token, and exits with
its status. The token is on no command line. It is not renewed: a program that
connects again after an hour or so needs a new one.

  PostgreSQL  psql, pg_dump and PostgreSQL's other programs get a private
              password file, any other program PGPASSWORD; all get
              PGSSLMODE=verify-full
  MySQL       mysql, mysqldump and their like get MYSQL_PWD, and a private
              option file in place of the user's own; its clients and MariaDB's
              are told apart by --version
  SQL Server  the sqlcmd of mssql-tools gets a private file with the token, and
              go-sqlcmd SQLCMDPASSWORD

The server is always verified in full, against the certificates of --ca-file, of
SSL_CERT_FILE, or of the system. So arguments that say where to connect, or how
TLS is used, are refused. The private files are removed when the program ends.`

func newExec(environ []string) *cobra.Command {
	var x execution
	c := &cobra.Command{
		Use:   "exec ENGINE [DSN] -- COMMAND [ARGUMENT...]",
		Short: "Run psql, mysql, sqlcmd or another program with a token",
		Long:  execHelp,
		Example: `  passwordless exec postgresql -- psql -c 'select current_user'
  passwordless exec postgresql connection:orders -- pg_dump --file orders.sql
  passwordless exec mysql -- mysqldump --single-transaction app
  passwordless exec sqlserver -- sqlcmd -Q 'select suser_sname()'`,
		Args: func(c *cobra.Command, args []string) error {
			at := c.ArgsLenAtDash()
			if at < 0 || at == len(args) {
				return cli.Usage("exec: no command is given: write it after --")
			}
			return engineThenDSN(c, args[:at])
		},
		ValidArgsFunction: cli.CompleteEngine,
		RunE: func(c *cobra.Command, args []string) error {
			at := c.ArgsLenAtDash()
			return x.run(c, args[:at], args[at:], environ)
		},
	}
	c.Flags().StringVar(&x.roots, "ca-file", "", "PEM file of the certificates that the program trusts")
	c.Flags().BoolVar(&x.unverified, "unverified", false, "run a program that is not known to verify the server")
	return c
}

type execution struct {
	roots      string
	unverified bool
}

func (x execution) run(c *cobra.Command, connection, command, environ []string) error {
	engine, s, err := cli.EngineAndDSN("exec", connection)
	if err != nil {
		return err
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return &cli.Status{Code: cli.Failed, Err: tools.NotFound(command[0], errors.Unwrap(err))}
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	t, err := logIn(ctx, engine, s, environ, c.ErrOrStderr())
	stop()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "passwordless-") // with mode 0700
	if err != nil {
		return &cli.Status{Code: cli.Failed, Err: err}
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left has mode 0600
	roots := x.roots
	if roots == "" {
		roots = systemRoots(environ)
	}
	prepared, err := tools.Prepare(tools.Connection{
		Engine: engine, Hosts: t.config.Hosts, Database: t.config.Database, User: t.login.User, Secret: t.login.Password.Reveal(), Roots: roots,
	}, path, command[1:], dir, x.unverified, func(arg string) (string, error) {
		text, err := exec.CommandContext(c.Context(), path, arg).CombinedOutput() // with neither token nor connection
		return string(text), err
	})
	if err != nil {
		return &cli.Status{Code: cli.Failed, Err: err}
	}
	return start(c, prepared, environ)
}

// start runs the program, passes signals on, and returns its exit status.
func start(c *cobra.Command, prepared tools.Command, environ []string) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	cmd := exec.CommandContext(context.WithoutCancel(c.Context()), prepared.Path, prepared.Args...)
	cmd.Env = prepared.Environ(environ)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, cli.Unwrap(c.OutOrStdout()), c.ErrOrStderr()
	if err := cmd.Start(); err != nil {
		return &cli.Status{Code: cli.Failed, Err: err}
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt || !cli.IsTerminal(os.Stdin) { // a terminal interrupts the program as well
				_ = cmd.Process.Signal(s) // it may have ended
			}
		case err := <-done:
			return exitStatus(err)
		}
	}
}

// exitStatus is the program's own, or as a shell gives it for a signal.
func exitStatus(err error) error {
	failed, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return &cli.Status{Code: cli.Failed, Err: err}
	}
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return &cli.Status{Code: 128 + int(status.Signal())}
	}
	return &cli.Status{Code: failed.ExitCode()}
}

// systemRoots is the file of SSL_CERT_FILE, or of the system; empty if neither exists.
func systemRoots(environ []string) string {
	list := []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}
	for _, line := range environ {
		if file, ok := strings.CutPrefix(line, "SSL_CERT_FILE="); ok && file != "" {
			return file
		}
	}
	if i := slices.IndexFunc(list, func(file string) bool { _, err := os.Stat(file); return err == nil }); i >= 0 {
		return list[i]
	}
	return ""
}
