package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// postgresSession is a session that Close ends.
type postgresSession struct{ *pgx.Conn }

func (s postgresSession) Close() error { return s.Conn.Close(context.Background()) }

// postgresDoctored arranges a real PostgreSQL over its private socket.
func postgresDoctored(t *testing.T, c command, cloud *azuretest.Cloud, conninfo string) *doctored {
	t.Helper()
	connect := func() (postgresSession, error) {
		conn, err := pgx.Connect(t.Context(), conninfo)
		return postgresSession{conn}, err
	}
	setting := func(name string) (value string) {
		conn, err := connect()
		require.NoError(t, err)
		require.NoError(t, conn.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&value))
		require.NoError(t, conn.Close())
		return value
	}
	run := func(sql string) error {
		conn, err := connect()
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), sql)
		return joined(err, conn)
	}
	lines, err := os.ReadFile(setting("data_directory") + "/postmaster.pid")
	require.NoError(t, err)
	pid, _, _ := strings.Cut(string(lines), "\n")
	number, err := strconv.Atoi(pid)
	require.NoError(t, err)
	reload := func() error { return reloadPostgres(t, connect) }
	rules, cert, key := setting("hba_file"), setting("ssl_cert_file"), setting("ssl_key_file")
	usual, err := os.ReadFile(rules)
	require.NoError(t, err)
	p := &doctored{command: c, port: "AZURE_POSTGRESQL_PORT", pid: number, run: run, login: func() (io.Closer, error) { return connect() }}
	p.secure = func(kind string) error {
		if err := run(fmt.Sprintf("alter system set ssl = %t", kind != "no TLS")); err != nil {
			return err
		}
		if err := writeCertificate(cloud, kind, cert, key); err != nil {
			return err
		}
		return reload()
	}
	p.admit = func(text string) error {
		if err := os.WriteFile(rules, []byte(strings.Replace(text, "USUAL", string(usual), 1)), 0o600); err != nil {
			return err
		}
		return reload()
	}
	return p
}

// reloadPostgres has the server read its files again: sessions that begin afterwards were started with what is in them.
func reloadPostgres(t *testing.T, connect func() (postgresSession, error)) error {
	loaded := func() (at time.Time, err error) {
		conn, err := connect()
		if err != nil {
			return at, err
		}
		return at, joined(conn.QueryRow(t.Context(), "select pg_conf_load_time()").Scan(&at), conn)
	}
	before, err := loaded()
	if err != nil {
		return err
	}
	conn, err := connect()
	if err != nil {
		return err
	}
	if _, err := conn.Exec(t.Context(), "select pg_reload_conf()"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return joined(daemon.Poll(ctx, func(context.Context) (bool, error) {
		at, err := loaded()
		return at.After(before), err
	}), conn)
}

// mysqlDoctored arranges a real MariaDB over its private socket.
func mysqlDoctored(t *testing.T, c command, cloud *azuretest.Cloud, dsn string) *doctored {
	t.Helper()
	config, err := gomysql.ParseDSN(dsn)
	require.NoError(t, err)
	config.Logger = &gomysql.NopLogger{} // the script ends the server
	connector, err := gomysql.NewConnector(config)
	require.NoError(t, err)
	root := sql.OpenDB(connector)
	root.SetMaxIdleConns(0)
	t.Cleanup(func() { _ = root.Close() }) // by then the script has ended the server
	conn, err := root.Conn(t.Context())    // one, also while the server has no other left
	require.NoError(t, err)
	var cert, key, pidFile string
	require.NoError(t, conn.QueryRowContext(t.Context(), "select @@ssl_cert, @@ssl_key, @@pid_file").Scan(&cert, &key, &pidFile))
	pid, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	number, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	require.NoError(t, err)
	run := func(sql string) error {
		_, err := conn.ExecContext(t.Context(), sql)
		return err
	}
	return &doctored{
		command: c, port: "AZURE_MYSQL_PORT", pid: number, run: run,
		login: func() (io.Closer, error) { return root.Conn(t.Context()) },
		secure: func(kind string) error {
			if err := writeCertificate(cloud, kind, cert, key); err != nil {
				return err
			}
			return run("flush ssl")
		},
	}
}

// writeCertificate replaces the files of a server's certificate.
func writeCertificate(cloud *azuretest.Cloud, kind, certFile, keyFile string) error {
	certificate, err := cloud.CA().Issue("localhost", loopback)
	switch azuretest.ServerFaultKind(kind) {
	case azuretest.SelfSigned:
		certificate, err = frontend.SelfSigned(cloud.CA(), []string{"localhost", loopback})
	case azuretest.WrongName:
		certificate, err = cloud.CA().Issue("wrong-name.invalid")
	case azuretest.ExpiredCertificate:
		certificate, err = cloud.CA().IssueExpired("localhost", loopback)
	}
	if err != nil {
		return err
	}
	chain, key, err := daemon.EncodePEM(certificate)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certFile, chain, 0o600); err != nil {
		return err
	}
	return os.WriteFile(keyFile, key, 0o600)
}

// joined closes what an error came from.
func joined(err error, c io.Closer) error { return errors.Join(err, c.Close()) }
