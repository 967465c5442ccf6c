// Package tools says how the databases' own programs are run with a token: by which variables, files and arguments they
// take it, and verify the server.
package tools

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// Connection is what a program needs. Roots is the PEM file of the certificates that it trusts.
type Connection struct {
	Engine                        dsn.Engine
	Hosts                         []dsn.Host
	Database, User, Secret, Roots string
}

// Command is what is run: Path with Args, and the environment without Unset and with Env. The files that Env and Args
// name are private, in the directory that was given.
type Command struct {
	Path       string
	Args       []string
	Env, Unset []string
}

// Environ applies the command's variables.
func (c Command) Environ(environ []string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return slices.ContainsFunc(c.Unset, func(unset string) bool { return strings.EqualFold(name, unset) })
	})
	return append(kept, c.Env...)
}

// Prepare returns how program is run with the connection. version asks a program which one it is: its arguments and
// result are those of the program. dir is a private directory that is removed afterwards. With unknown, a program whose
// TLS is not known may be run.
func Prepare(c Connection, path string, args []string, dir string, unknown bool, version func(arg string) (string, error)) (Command, error) {
	cmd := Command{Path: path, Args: args}
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
	switch c.Engine {
	case dsn.PostgreSQL:
		return postgres(c, cmd, name, dir)
	case dsn.MySQL:
		return mysql(c, cmd, name, dir, unknown, version)
	default:
		return sqlServer(c, cmd, name, dir, unknown, version)
	}
}

// programName is what a program may be called. Another word may be a secret, such as PGPASSWORD=...
var programName = regexp.MustCompile(`^[A-Za-z0-9_./-]{1,64}$`)

// NotFound is the error for a program that is not on PATH because of err: it says what to install.
func NotFound(program string, err error) error {
	name, what := filepath.Base(program), ""
	switch {
	case !programName.MatchString(program):
		return fmt.Errorf("exec: the first word after -- is no program on PATH: %w", err)
	case slices.Contains(libpqTools, name):
		what = ": install PostgreSQL's clients (Debian: postgresql-client)"
	case slices.Contains(mysqlTools, name):
		what = ": install the clients of MySQL or MariaDB (Debian: mariadb-client)"
	case name == "sqlcmd":
		what = ": install mssql-tools18 (https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility)"
	}
	return fmt.Errorf("exec: %s is not found on PATH%s: %w", program, what, err)
}

// errUnknown is the error for a program that may send the token to a server that it has not verified.
func errUnknown(name, known string) error {
	return fmt.Errorf("exec: it is not known how %s verifies the server: use %s, or --unverified if its own arguments make it do so", name, known)
}

// errMoved is the error for an argument that says where to connect, or how. It does not quote the argument.
func errMoved(name, option string) error {
	return fmt.Errorf("exec: %s must not be given %s: the connection says where to connect and how the server is verified", name, option)
}

// forbid refuses options of the program. Short ones may have their value attached, long ones may be shortened.
func forbid(name string, args []string, short string, long ...string) error {
	for _, a := range args {
		option, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(a), "_", "-"), "=")
		option = strings.Replace(option, "--loose-", "--", 1)
		switch {
		case a == "--":
			return nil
		case strings.HasPrefix(option, "--"):
			for _, l := range long {
				if option == l || len(option) > 3 && strings.HasPrefix(l, option) {
					return errMoved(name, l)
				}
			}
		case len(a) > 1 && a[0] == '-' && strings.ContainsRune(short, rune(a[1])):
			return errMoved(name, a[:2])
		}
	}
	return nil
}

// private writes a file that only the user can read.
func private(dir, name, content string) (string, error) {
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// errRoots is the error where no file of root certificates was found.
var errRoots = errors.New("exec: no file of root certificates was found: name one with --ca-file or SSL_CERT_FILE")
