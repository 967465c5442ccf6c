package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"passwordless-lab": main})
}

func TestScripts(t *testing.T) {
	run(t, "testdata/script", nil)
}

// These need the real servers, and their clients psql and mariadb.
func TestScriptsOfRealServers(t *testing.T) {
	labpostgres.Require(t)
	labmysql.Require(t)
	run(t, "testdata/real", nil)
}

// The user's own databases, with a password: a real PostgreSQL, and what plays MySQL and SQL Server.
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
	mysql, err := mysqlfront.Start(cloud, &mysqlfront.Options{
		ServerOptions: o, AuthPlugin: mysqlfront.NativePassword, InsecureTransport: true,
	})
	require.NoError(t, err)
	sqlserver, err := sqlserverfront.Start(cloud, &sqlserverfront.Options{ServerOptions: o})
	require.NoError(t, err)
	run(t, "testdata/upstream", []string{"POSTGRES=" + server.Addr(), "MYSQL=" + mysql.Addr(), "SQLSERVER=" + sqlserver.Addr()})
}

func run(t *testing.T, dir string, environ []string) {
	t.Helper()
	programs := buildApp(t)
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"PASSWORDLESS_LAB_POSTGRES", "PASSWORDLESS_LAB_MARIADB", "GOCOVERDIR"} {
				e.Setenv(name, os.Getenv(name))
			}
			e.Vars = append(e.Vars, environ...)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector's second at the end of each program
			e.Setenv("PATH", programs+string(os.PathListSeparator)+e.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "empty": empty},
	})
}

// buildApp builds a person's program, which logs in to the database that the environment describes, and returns its
// directory. It is not this test's binary, which would initialize an embedded engine each time.
func buildApp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "app"), "../../e2e/testdata/login").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
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
