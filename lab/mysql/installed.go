package mysql

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

// pluginFile is the name under which a server finds the authentication plugin.
const pluginFile = tokenPlugin + ".so"

//go:embed mariadb/entra_token.c
var pluginSource string

// mariadb is a private server of the MariaDB on this machine.
type mariadb struct {
	*daemon.Daemon
	programs          programs
	database, version string
	root              *sql.DB
}

// start runs the server.
func (p programs) start(ctx context.Context, cloud *azuretest.Cloud, o Options) (*Server, error) {
	d, err := daemon.New("MariaDB", cloud, o.Names, syscall.SIGTERM, syscall.SIGQUIT)
	if err != nil {
		return nil, err
	}
	s := &mariadb{Daemon: d, programs: p, database: o.Database}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return newServer(ctx, engine.Info{Engine: "MariaDB " + s.version, Host: "127.0.0.1", Port: s.Port, Database: s.database}, s, o)
}

func (s *mariadb) start(ctx context.Context) error {
	connector, err := mysql.NewConnector(s.config(""))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	stopValidator, err := startValidator(s.validator(), s.CheckToken)
	if err != nil {
		return fmt.Errorf("lab: the token validator: %w", err)
	}
	s.root = sql.OpenDB(connector)
	s.root.SetMaxIdleConns(0)
	s.Finish = func() error { return errors.Join(s.root.Close(), stopValidator()) }
	if err := s.Write(map[string]string{"entra_token.c": pluginSource}); err != nil { // hands the socket over, too
		return err
	}
	err = s.Run(ctx, s.programs.compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", s.File(pluginFile), s.File("entra_token.c"))
	if err != nil {
		return fmt.Errorf("lab: compile MariaDB's authentication plugin: %w", err)
	}
	// A server that starts removes the temporary tables of others in the same tmpdir.
	err = s.Run(ctx, s.programs.install, "--no-defaults", "--basedir="+s.programs.base, "--datadir="+s.File("data"),
		"--tmpdir="+s.Dir(), "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	if err != nil {
		return err
	}
	if err := s.Start(ctx, s.programs.server, s.arguments, s.answers); err != nil {
		return err
	}
	return s.execute(ctx, "create database if not exists "+quoteName(s.database))
}

// arguments are those of mariadbd. Nothing here has to survive a crash, hence no flushing; a test may open
// hundreds of connections at once on a slow machine, hence the connections and the timeout; each needs two file
// descriptors while it logs in, of which many systems give an ordinary user's process 1,024 unless it asks for more.
func (s *mariadb) arguments() []string {
	return []string{"--no-defaults", "--basedir=" + s.programs.base, "--datadir=" + s.File("data"), "--tmpdir=" + s.Dir(),
		"--socket=" + s.File("socket"), "--pid-file=" + s.File("pid"), fmt.Sprintf("--port=%d", s.Port), "--bind-address=127.0.0.1",
		"--ssl-cert=" + s.File(daemon.CertFile), "--ssl-key=" + s.File(daemon.KeyFile), "--require-secure-transport=on",
		"--plugin-dir=" + s.Dir(), "--plugin-load-add=" + tokenPlugin + "=" + pluginFile, "--plugin-maturity=unknown",
		"--skip-name-resolve", "--character-set-server=utf8mb4", "--max-connections=700", "--open-files-limit=4096",
		"--connect-timeout=600",
		"--max-connect-errors=1000000000", "--back-log=700",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--skip-log-bin"}
}

// validator is the path of the socket on which the plugin has a token checked.
func (s *mariadb) validator() string { return s.File("validator") }

// config reaches the server as root, which has no password and can be reached over the private socket only.
func (s *mariadb) config(database string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", s.File("socket"), database
	c.Logger = &mysql.NopLogger{} // while the server starts no one is there
	return c
}

// answers says whether the server accepts sessions.
func (s *mariadb) answers(ctx context.Context) bool {
	err := s.root.QueryRowContext(ctx, "select version()").Scan(&s.version)
	s.version, _, _ = strings.Cut(s.version, "-") // "10.11.14-MariaDB-0+deb12u2"
	return err == nil
}

func (s *mariadb) execute(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.root.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}

// CreateUser implements engine.Backend. The user may also make databases whose names begin with that of the server's and
// an underscore.
func (s *mariadb) CreateUser(ctx context.Context, name, password string) error {
	statements := accountStatements(name, password, s.database, "via "+tokenPlugin+" as "+quoteText(s.validator()))
	more := quoteName(strings.ReplaceAll(s.database, "_", `\_`) + `\_%`)
	return s.execute(ctx, append(statements, "grant all on "+more+".* to "+quoteText(name)+"@'%'")...)
}
