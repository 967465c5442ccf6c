// Package mysql starts private servers for MySQL's clients that accept Microsoft Entra tokens, as Azure Database for
// MySQL does.
//
// [Start] runs the MariaDB that is installed on this machine, 10.4 or newer: of /usr/sbin, Homebrew's directories or
// PATH; it needs my_print_defaults and a C compiler as well. The environment variable PASSWORDLESS_LAB_MARIADB names
// another directory, or is "off" to behave as if it were not installed. Otherwise it runs go-mysql-server inside this
// process.
package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

const envDir = "PASSWORDLESS_LAB_MARIADB"

// Options adjusts a server. A nil *Options means all defaults.
type Options = lab.Options

// Server is a running server, with the fields and methods of [lab.Server].
type Server struct {
	*lab.Server
	backend engine.Backend
}

// Start runs the MariaDB installed on this machine, or the embedded engine where there is none.
// The variable PASSWORDLESS_LAB_MARIADB names the directory of mariadbd; "off" stands for none.
// ctx bounds the start, not the server's life, which ends with Close.
//
// The embedded engine's SQL is MySQL 8.0's, with information_schema. A statement or transaction has the whole database:
// others wait for it up to 10 s. A savepoint does not survive a change of a table's definition.
func Start(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	return engine.Start(o, func() (*Server, error) { return startInstalled(ctx, cloud, o) },
		func() (*Server, error) { return startEmbedded(ctx, cloud, o) })
}

// startInstalled runs a private server of the MariaDB installed on this machine. Every user of o.Users logs in over
// verified TLS with a token of cloud, which must be open for as long as the server runs: an authentication plugin,
// compiled for the occasion, asks for the token in clear text as Azure Database for MySQL does, and has it checked. ctx
// bounds the start, which takes about two seconds. Without MariaDB 10.4 and a C compiler: [lab.ErrNotInstalled].
func startInstalled(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	programs, err := installedMariaDB()
	if err != nil {
		return nil, err
	}
	return programs.start(ctx, cloud, o.WithDefaults())
}

// newServer makes a server of a backend that runs. MariaDB allows names of 80 characters.
func newServer(ctx context.Context, info engine.Info, b engine.Backend, o Options) (*Server, error) {
	s, err := engine.New(ctx, info, b, 80, o.Users)
	if err != nil {
		return nil, err
	}
	return &Server{s, b}, nil
}

// Require is for the first line of a test that needs a real MariaDB. Without one the test is skipped on a developer's
// machine, and fails where the environment variable CI is set.
func Require(tb testing.TB) {
	tb.Helper()
	_, err := installedMariaDB()
	engine.Need(tb, "MariaDB", err)
}

// BackendDSN is a connection string in go-sql-driver's syntax that reaches the database over the server's private UNIX
// socket as its administrator, without a password: for arranging tests (information_schema.processlist, kill), and for
// the Backend of mysqlfront.Options. The embedded engine has none.
func (s *Server) BackendDSN() (string, error) {
	if real, ok := s.backend.(*mariadb); ok {
		return real.config(s.Database).FormatDSN(), nil
	}
	return "", fmt.Errorf("lab: backend: %w", engine.ErrEmbedded)
}

// accountStatements create a user that has all rights in the database. plugin is how one without a password is
// identified.
func accountStatements(name, password, database, plugin string) []string {
	account := quoteText(name) + "@'%'"
	if password != "" {
		plugin = "by " + quoteText(password)
	}
	return []string{
		"create user " + account + " identified " + plugin,
		"grant all on " + quoteName(database) + ".* to " + account,
	}
}

// quoteName quotes an identifier.
func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoteText quotes a string literal.
func quoteText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}
