// Command passwordless-lab brings Azure's identities and databases to this machine, for an app in any language.
//
//	passwordless-lab -- go run .
//
// passwordless-lab --help and docs/lab.md are its manual.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/host"
)

const about = `passwordless-lab brings Azure's part to this machine: identities with the
endpoints that give their tokens, and databases that log in whoever has one.
It runs in the foreground until Ctrl-C, or runs COMMAND and ends with its exit
status.

An app in any language finds all of it by variables, those of App Service,
Service Connector and the Azure SDKs. They are for COMMAND alone, or are
printed for a shell, or written to a file.

The databases are the PostgreSQL and MariaDB that are installed, or else
stand-ins inside this program; SQL Server is always one. Everything listens on
127.0.0.1 alone, and nothing is left behind.`

const examples = `  # an app with all it needs
  passwordless-lab -- go run .
  passwordless-lab --db postgres -- npm start

  # in one terminal the lab, in another one the app
  passwordless-lab > lab.sh
  . ./lab.sh && python3 app.py

  # variables for Compose, Spring or an IDE
  passwordless-lab --env-file lab.env

  # a service principal with a secret, and a developer who has run az login
  passwordless-lab --identity service-principal,developer=jo@contoso.com -- make

  # an administrator, who makes a user for an identity
  passwordless-lab --db postgres --identity administrator -- \
    passwordless grant pg --principal orders --role writer --apply

  # tokens for a SQL Server in a container
  export PASSWORDLESS_LAB_UPSTREAM_PASSWORD='...'
  passwordless-lab --db sqlserver --upstream 127.0.0.1:1433 -- dotnet run`

const passwordVariable = "PASSWORDLESS_LAB_UPSTREAM_PASSWORD"

// lab is one run of the program.
type lab struct {
	host.Options
	envFile      string
	upstream     host.Upstream
	passwordFile string
	stdout       io.Writer
	stderr       io.Writer
}

func main() { os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]...)) }

// run runs the program with the arguments and returns its exit status.
func run(stdout, stderr io.Writer, args ...string) int {
	l := &lab{stdout: stdout, stderr: stderr}
	l.Progress = l.stderr
	c := l.command()
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	err := c.Execute()
	var status exitStatus
	switch {
	case errors.As(err, &status):
		return int(status)
	case err != nil:
		fmt.Fprintln(l.stderr, "passwordless-lab:", err)
		return 1
	}
	return 0
}

func (l *lab) command() *cobra.Command {
	c := &cobra.Command{
		Use:   "passwordless-lab [flags] [-- COMMAND ARG...]",
		Short: "Azure's identities and databases on this machine",
		Long:  about, Example: examples,
		SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				return fmt.Errorf("unexpected argument %q: write -- before COMMAND", args[0])
			}
			return l.check()
		},
		RunE: func(c *cobra.Command, args []string) error { return l.run(c.Context(), args) },
	}
	f := c.Flags()
	f.StringSliceVar(&l.Engines, "db", host.Engines(), "databases to start\n")
	f.StringSliceVar(&l.Identities, "identity", []string{"user-assigned"}, "identities, KIND or KIND=USER with its\ndatabase user. KIND is "+
		strings.Join(host.Kinds, ",\n")+".\nThe databases' variables name the first\n")
	f.DurationVar(&l.TokenLifetime, "token-lifetime", 4*time.Minute, "how long tokens live; the SDKs cache\nthose of 5 minutes or more\n")
	f.StringVar(&l.envFile, "env-file", "", "write the variables as NAME=VALUE to\nthis file, and remove it at the end")
	f.StringVar(&l.upstream.Address, "upstream", "", "put the login before this server,\nHOST:PORT, instead of starting one. The\npassword is in the variable\n"+passwordVariable)
	f.StringVar(&l.upstream.User, "upstream-user", "", "its user (default postgres, root or sa)")
	f.StringVar(&l.passwordFile, "upstream-password-file", "", "file with its password")
	f.StringVar(&l.upstream.Database, "upstream-database", "", "its database (default postgres, mysql\nor master)")
	return c
}

// check checks the flags and completes the options.
func (l *lab) check() error {
	for i, name := range l.Engines {
		engine, err := dsn.ParseEngine(name)
		if err != nil {
			return fmt.Errorf("--db %s: want %s", name, strings.Join(host.Engines(), ", "))
		}
		l.Engines[i] = engine.String()
	}
	slices.Sort(l.Engines)
	l.Engines = slices.Compact(l.Engines)
	if len(l.Engines) == 0 || len(l.Identities) == 0 {
		return errors.New("--db and --identity need a value")
	}
	if l.upstream.Address == "" {
		if l.upstream.User+l.upstream.Database+l.passwordFile != "" {
			return errors.New("--upstream-...: --upstream is missing")
		}
		return nil
	}
	if len(l.Engines) != 1 {
		return errors.New("--upstream: say which engine it is with --db")
	}
	l.upstream.Password = os.Getenv(passwordVariable)
	if l.passwordFile != "" {
		content, err := os.ReadFile(l.passwordFile)
		if err != nil {
			return fmt.Errorf("--upstream-password-file: %w", err)
		}
		l.upstream.Password = strings.TrimRight(string(content), "\r\n")
	}
	if l.upstream.Password == "" {
		return fmt.Errorf("--upstream: set %s, or name a file with --upstream-password-file", passwordVariable)
	}
	l.Upstream = &l.upstream
	return nil
}

// run is the life of a lab.
func (l *lab) run(ctx context.Context, command []string) (err error) {
	daemon.OwnGroup = true
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	starting, started := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer started()
	h, err := host.Start(starting, l.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	page, err := startPage(h)
	if err != nil {
		return err
	}
	defer page.close()
	environ, err := h.Environ()
	if err != nil {
		return err
	}
	if l.envFile != "" {
		if err := writeEnvFile(l.envFile, environ); err != nil {
			return err
		}
		defer os.Remove(l.envFile)
		l.say("the variables are in %s", l.envFile)
	}
	l.say("control page: %s", page.url())
	if len(command) > 0 {
		return runCommand(command, environ, signals)
	}
	if l.envFile == "" {
		fmt.Fprint(l.stdout, exports(environ))
	}
	l.say("running until Ctrl-C")
	<-signals
	l.say("stopping")
	return nil
}

func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(l.stderr, "passwordless-lab: "+format+"\n", args...)
}
