package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
)

// programs is a directory with this program and app, a person's program that logs in to the database which the
// environment describes. They are built without the race detector, with which the embedded MySQL costs each start
// five seconds; TestInThisProcess has it.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		err := build()
		defer os.RemoveAll(programs)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func build() (err error) {
	if programs, err = os.MkdirTemp("", "passwordless-lab-test"); err != nil {
		return err
	}
	for name, directory := range map[string]string{"passwordless-lab": ".", "app": "../../e2e/testdata/login"} {
		// go run keeps what it has linked in the build cache; go build does not.
		out, err := exec.Command("go", "run", "-ldflags=-s -w", "-exec", "cp", directory, filepath.Join(programs, name)).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
}

// All engines, the embedded ones, run in this process, and a program logs in to each.
func TestInThisProcess(t *testing.T) {
	for name, value := range map[string]string{
		"PASSWORDLESS_LAB_POSTGRES": "off", "PASSWORDLESS_LAB_MARIADB": "off",
		"PATH": programs + string(os.PathListSeparator) + os.Getenv("PATH"),
	} {
		t.Setenv(name, value)
	}
	assert.Zero(t, run(os.Stdout, os.Stderr, "--", "sh", "-ec", "app azure-postgres 'select 1'; app azure-mysql 'select 1'; app azure-sqlserver 'select 1'"))
	assert.Equal(t, 3, run(os.Stdout, os.Stderr, "--db", "postgres", "--", "sh", "-c", "exit 3"))
}

func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", nil)
}

// These need the real servers, and their clients psql and mariadb.
func TestScriptsOfRealServers(t *testing.T) {
	labpostgres.Require(t)
	labmysql.Require(t)
	runScripts(t, "testdata/real", nil)
}

// The user's own databases, with a password: a real PostgreSQL and MariaDB, and what plays SQL Server.
func TestScriptsOfUpstreams(t *testing.T) {
	labpostgres.Require(t)
	cloud := azuretest.New(t)
	server, err := labpostgres.Start(t.Context(), cloud, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	require.NoError(t, server.CreatePasswordUser(t.Context(), "owner", "canary-1"))
	passwords := map[string]string{"owner": "canary-1"}
	answer := func(context.Context, azuretest.Statement) (azuretest.Result, error) {
		return azuretest.Result{Columns: []string{"name"}, Rows: [][]any{{"upstream"}}}, nil
	}
	o := azuretest.ServerOptions{Users: []string{}, Passwords: passwords, Query: answer}
	sqlserver, err := sqlserverfront.Start(cloud, &sqlserverfront.Options{ServerOptions: o})
	require.NoError(t, err)
	runScripts(t, "testdata/upstream", []string{"POSTGRES=" + server.Addr(), "MYSQL=" + ownMariaDB(t, cloud), "SQLSERVER=" + sqlserver.Addr()})
}

// ownMariaDB is a real one that knows passwords, and wants no TLS.
func ownMariaDB(t *testing.T, cloud *azuretest.Cloud) string {
	t.Helper()
	labmysql.Require(t)
	server, err := labmysql.Start(t.Context(), cloud, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	require.NoError(t, server.CreatePasswordUser(t.Context(), "owner", "canary-1"))
	dsn, err := server.BackendDSN()
	require.NoError(t, err)
	db, err := sql.Open("mysql", dsn)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "set global require_secure_transport = off")
	require.NoError(t, errors.Join(err, db.Close()))
	return server.Addr()
}

func runScripts(t *testing.T, dir string, environ []string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"PASSWORDLESS_LAB_POSTGRES", "PASSWORDLESS_LAB_MARIADB", "GOCOVERDIR"} {
				e.Setenv(name, os.Getenv(name))
			}
			e.Vars = append(e.Vars, environ...)
			e.Setenv("PATH", programs+string(os.PathListSeparator)+e.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"passwordless-lab": inProcess, "await": await, "empty": empty},
	})
}

// passwordless-lab [ARG...] runs it in this process, for what starts nothing.
func inProcess(ts *testscript.TestScript, neg bool, args []string) {
	if status := run(ts.Stdout(), ts.Stderr(), args...); (status != 0) != neg {
		ts.Fatalf("exit status %d", status)
	}
}

// await FILE waits until another program has written a file.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ts.Check(daemon.Poll(ctx, func(context.Context) (bool, error) {
		info, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil && info.Size() > 0, nil
	}))
}

// empty DIR checks that nothing is in a directory.
func empty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: empty DIR")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
	ts.Check(err)
	if len(found) > 0 {
		ts.Fatalf("left behind: %v", found)
	}
}
