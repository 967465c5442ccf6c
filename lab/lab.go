// Package lab has what the packages of the engines share. They start private database servers that accept Microsoft
// Entra tokens, the way Azure's databases do:
//
//	cloud, err := azuretest.Start()
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
// An installed server gets its files in a temporary directory and listens on 127.0.0.1 with a certificate of the
// cloud's CA. The server itself asks for the password and has it checked, so that a bad token is refused by PostgreSQL
// or MariaDB and not by a stand-in. The embedded engines log in the same way. The field Engine says which one answers.
//
// The servers refuse to run as root; a process of root starts them as the user "nobody". On systems other than Linux,
// macOS and FreeBSD only the embedded engines are available.
package lab

import "github.com/azuredb/passwordless/lab/internal/engine"

// ErrNotInstalled is what errors.Is finds when this machine has no server of the engine that the lab could run.
var ErrNotInstalled = engine.ErrNotInstalled

// Options adjusts a server of any engine: Names are the host names and IP addresses in its certificate, if empty
// localhost and 127.0.0.1; Users are created as CreateUser does, and only they can log in; Database is created for the
// tests, and every user may create tables in it, if empty "app". Embedded asks for the embedded engine, Installed
// for the installed server, or else [ErrNotInstalled]. A nil *Options means all defaults.
type Options = engine.Options

// Server is a running server of any engine, which the Server of each package embeds. Its methods are safe for
// concurrent use:
//
//	Addr() string // the address to dial, "127.0.0.1:port"
//	CreateUser(ctx context.Context, name string) error
//	CreatePasswordUser(ctx context.Context, name, password string) error
//	Log() string // the end of the server's log, then why tokens were refused; never a token
//	Logins() []Login // the last checks of a token: Time, User, and Err, why it was refused
//	Restart(ctx context.Context) error // of an installed server
//	Close() error // stops it, ends its connections and removes its files
//
// The fields Engine, Embedded, Host, Port and Database describe it.
type Server = engine.Server
