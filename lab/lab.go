// Package lab has what the packages of the engines share. They start private database servers that accept Microsoft
// Entra tokens, the way Azure's databases do:
//
//	cloud, err := azuretest.Start(nil)
//	...
//	server, err := postgres.Start(ctx, cloud, &postgres.Options{Users: []string{"my-app"}})
//	...
//	defer server.Close()
//	fmt.Println(server.Engine, server.Addr())
//
// A program compiles only the engines whose package it imports:
//
//   - lab/postgres: the PostgreSQL that is installed on this machine, or SQLite behind a PostgreSQL wire front end.
//   - lab/mysql: the MariaDB that is installed, or go-mysql-server inside this process.
//   - lab/sqlserver: SQLite behind a TDS front end, always.
//
// An installed server gets files of its own in a temporary directory and listens on 127.0.0.1 with a certificate of the
// cloud's CA. The server itself asks for the password and has it checked, so that a bad token is refused by PostgreSQL
// or MariaDB and not by a stand-in. The embedded engines log in the same way. The field Engine says which one answers.
//
// The servers refuse to run as root; a process of root starts them as the user "nobody". On systems other than Linux,
// macOS and FreeBSD only the embedded engines are available.
package lab

import (
	"errors"
	"os"
)

// ErrNotInstalled is what errors.Is finds when this machine has no server of the engine that the lab could run.
var ErrNotInstalled = errors.New("the database server is not installed")

// ErrEmbedded is what errors.Is finds when an embedded engine is asked for something only the real server has.
var ErrEmbedded = errors.New("not available on the embedded engine")

// TB is the part of testing.TB that [Need] uses.
type TB interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Need is for a test that needs a program on this machine; err says why it is not there. The test is then skipped on a
// developer's machine, and fails where the environment variable CI is set.
func Need(tb TB, program string, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatalf("this test needs %s: %v", program, err)
	default:
		tb.Skipf("this test needs %s: %v", program, err)
	}
}
