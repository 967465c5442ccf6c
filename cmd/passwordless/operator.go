package main

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/cmd/internal/grant"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// operator is who runs statements: the identity of the connection.
type operator struct {
	engine   dsn.Engine
	dsn      string
	environ  []string
	database string // of the request
	sessions map[string]*session
}

// session is the one connection of a pool.
type session struct {
	*sql.Conn
	db       *sql.DB
	warnings []string
}

func (s *session) Exec(ctx context.Context, sql string) error {
	_, err := s.ExecContext(ctx, sql)
	return err
}

func (s *session) Query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	return s.QueryContext(ctx, sql, args...)
}

func (s *session) Warnings() []string {
	list := s.warnings
	s.warnings = nil
	return list
}

func (o *operator) close() {
	for _, s := range o.sessions {
		_ = errors.Join(s.Close(), s.db.Close()) // what was asked for has been done, or has failed
	}
}

// open returns the session in a database. MySQL and SQL Server have one for all.
func (o *operator) open(ctx context.Context, database string) (grant.Session, error) {
	if o.engine != dsn.PostgreSQL {
		database = ""
	}
	if s, ok := o.sessions[database]; ok {
		return s, nil
	}
	s := new(session)
	var err error
	if s.db, err = o.openDB(database, s); err != nil {
		return nil, err
	}
	if s.Conn, err = s.db.Conn(ctx); err != nil {
		return nil, errors.Join(explained(o.engine, err), s.db.Close())
	}
	if o.sessions == nil {
		o.sessions = map[string]*session{}
	}
	o.sessions[database] = s
	return s, nil
}

// explained adds what the library knows of an error, which pgx's own configuration leaves out.
func explained(engine dsn.Engine, err error) error {
	if engine == dsn.PostgreSQL {
		return postgres.Explain(err)
	}
	return err
}

func (o *operator) openDB(database string, s *session) (*sql.DB, error) {
	options := &passwordless.Options{Environ: func() []string { return o.environ }, Logger: slog.New(slog.DiscardHandler), StartupWindow: -1}
	var c driver.Connector
	var err error
	switch o.engine {
	case dsn.PostgreSQL:
		return o.openPostgres(database, s, options)
	case dsn.MySQL:
		c, err = mysql.NewConnector(o.dsn, options)
	default:
		c, err = sqlserver.NewConnector(o.dsn, options)
	}
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// openPostgres opens a database other than the connection's, too.
func (o *operator) openPostgres(database string, s *session, options *passwordless.Options) (*sql.DB, error) {
	config, err := pgx.ParseConfig("dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(database) + "'")
	if err != nil {
		return nil, errors.New("pgx does not take the database's name") // it quotes the string
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Severity == "WARNING" {
			s.warnings = append(s.warnings, n.Message)
		}
	}
	if err := postgres.Configure(config, o.dsn, options); err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

// apply runs the statements and shows what became of each, and then what the user may do.
func (o *operator) apply(ctx context.Context, c *cobra.Command, r grant.Request, list []grant.Statement, revoke bool) error {
	var b bytes.Buffer
	screen, failed := cli.ScreenOf(c.OutOrStdout(), o.environ), 0
	for _, done := range r.Apply(ctx, o.open, list) {
		color := map[grant.State]cli.Color{grant.Done: cli.Green, grant.Failed: cli.Red}[done.State]
		cli.Screen{Color: screen.Color}.Line(&b, string(done.State), done.Statement.SQL, color)
		for _, w := range done.Warnings {
			screen.Line(&b, "  warning", w, cli.Yellow)
		}
		if done.Err != nil {
			screen.Line(&b, "  cause", brief(done.Err), cli.Plain)
		}
		if done.Fix != "" {
			cli.Screen{}.Line(&b, "  fix", done.Fix, cli.Plain) // in one piece, to be copied
		}
		if done.State == grant.Failed {
			failed++
		}
	}
	_, _ = c.OutOrStdout().Write(b.Bytes()) // cli.Writer has the error
	if failed > 0 {
		return &cli.Status{Code: cli.Failed, Err: fmt.Errorf("grant: %d of %d statements failed", failed, len(list))}
	}
	if revoke {
		return nil
	}
	return o.check(ctx, c, r, "run the statements also as the roles that own and make the tables")
}

// check shows what the user may do. todo is for one who lacks something.
func (o *operator) check(ctx context.Context, c *cobra.Command, r grant.Request, todo string) error {
	exists, answers, sees, err := r.Check(ctx, o.open)
	if err != nil {
		return &cli.Status{Code: cli.Failed, Err: errors.New(brief(err))}
	}
	var b bytes.Buffer
	screen, lacks := cli.ScreenOf(c.OutOrStdout(), o.environ), 0
	if !exists {
		screen.Line(&b, "lacks", "the user: there is none of this name", cli.Red)
		lacks++
	}
	for _, a := range answers {
		if a.OK() {
			screen.Line(&b, "may", a.Text(), cli.Green)
		} else {
			lacks++
			screen.Line(&b, "lacks", a.Text(), cli.Red)
		}
	}
	if exists {
		screen.Line(&b, "sees", strings.TrimSuffix(fmt.Sprintf("%d tables and views: %s", len(sees), grant.Few(sees)), ": "), cli.Plain)
	}
	result, color := "the user has what the role "+string(r.Role)+" needs", cli.Green
	if lacks > 0 {
		result, color = fmt.Sprintf("lacks %d for the role %s: %s", lacks, r.Role, todo), cli.Red
	}
	screen.Line(&b, "result", result, color)
	_, _ = c.OutOrStdout().Write(b.Bytes()) // cli.Writer has the error
	if lacks > 0 {
		return &cli.Status{Code: cli.Failed}
	}
	return nil
}

// brief is an error's text, which a server may have written.
func brief(err error) string { return redact.Scrub(redact.OneLine(err.Error())) }
