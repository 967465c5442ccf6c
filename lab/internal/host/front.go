package host

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/azureusers"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
)

// The installed servers check tokens themselves, but have no words for what is wrong with one, and no SQL of Azure's. The
// front ends before them have the words, and pass everything on.

// startPostgres starts a PostgreSQL, and a front end if it is the installed one.
func (h *Host) startPostgres(ctx context.Context, o *lab.Options) (*lab.Server, azuretest.Server, error) {
	s, err := labpostgres.Start(ctx, h.Cloud, o)
	if err != nil {
		return nil, nil, err
	}
	if s.Embedded {
		return s.Server, nil, nil
	}
	if err := h.administerPostgres(ctx, s); err != nil {
		return s.Server, nil, err
	}
	front, err := postgresfront.Start(h.Cloud, &postgresfront.Options{PassOn: true, ServerOptions: azuretest.ServerOptions{
		Backend: fmt.Sprintf("host=%s port=%d user=app dbname='%s' sslmode=verify-full sslrootcert='%s'", s.Host, s.Port, s.Database, h.file("ca.pem"))}})
	return s.Server, front, err
}

// administerPostgres makes the administrators' roles what they are.
func (h *Host) administerPostgres(ctx context.Context, s *labpostgres.Server) error {
	for _, id := range h.administrators() {
		conninfo, err := s.BackendConninfo()
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(ctx, conninfo+" dbname=postgres")
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, azureusers.PostgreSQL(id.Name, s.Database))
		if closeErr := conn.Close(ctx); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// startMySQL starts a MariaDB, and a front end if it is the installed one.
func (h *Host) startMySQL(ctx context.Context, o *lab.Options) (*lab.Server, azuretest.Server, error) {
	s, err := labmysql.Start(ctx, h.Cloud, o)
	if err != nil {
		return nil, nil, err
	}
	if s.Embedded {
		return s.Server, nil, nil
	}
	dsn, err := s.BackendDSN()
	if err != nil {
		return s.Server, nil, err
	}
	identified, err := h.administerMySQL(ctx, dsn)
	if err != nil {
		return s.Server, nil, err
	}
	front, err := mysqlfront.Start(h.Cloud, &mysqlfront.Options{
		AuthPlugin: mysqlfront.NativePassword, PassOn: true, ServerOptions: azuretest.ServerOptions{Backend: withoutParameters(dsn)},
		Rewrite: func(sql string) string { return azureusers.MySQL(sql, identified) },
	})
	return s.Server, front, err
}

// withoutParameters is a connection string as front ends take it.
func withoutParameters(dsn string) string {
	dsn, _, _ = strings.Cut(dsn, "?")
	return dsn
}

// administerMySQL makes the administrators what they are, and returns how the server identifies a user by a token.
func (h *Host) administerMySQL(ctx context.Context, dsn string) (identified string, err error) {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // all was done, or has failed
	var plugin, argument string
	user := h.Identities[0].Name
	if err := db.QueryRowContext(ctx, "select plugin, authentication_string from mysql.user where user = ?", user).Scan(&plugin, &argument); err != nil {
		return "", err
	}
	for _, id := range h.administrators() {
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(id.Name) + "'"
		if _, err := db.ExecContext(ctx, "grant all on *.* to "+quoted+"@'%' with grant option"); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("IDENTIFIED VIA %s AS '%s'", plugin, argument), nil
}
