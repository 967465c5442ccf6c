package azuretest

import (
	"context"
	"fmt"
)

// ServerOptions adjusts a database front end. If nil, all defaults. They are read
// once, at the start.
type ServerOptions struct {
	// Users are the database users (roles) for Microsoft Entra identities. A login as
	// any other is refused. If nil, every name is a user, and only the token decides.
	Users []string

	// Passwords are users that log in with an ordinary password instead of a token:
	// user to password. They need not be in Users.
	Passwords map[string]string

	// Names are the host names and addresses in the certificate, which the cloud's CA
	// issues. Default: "localhost" and "127.0.0.1".
	Names []string

	// Backend is an ordinary server of the engine, with its user and password.
	// Each session that has logged in is joined to a connection of it; the client's
	// database replaces the one given here. For PostgreSQL it is a connection string as
	// pgx reads it; for MySQL and MariaDB "user:password@tcp(host:port)/database" or
	// "user:password@unix(/path)/database"; for SQL Server
	// "sqlserver://user:password@host:port", which has not been tried with one.
	Backend string

	// Query answers statements, also those with parameters. A [*ServerError], of
	// PostgreSQL a [*pgconn.PgError], reaches the client as it is, any other error as
	// SQLSTATE XX000, error 1105 or error 50000; io.EOF closes the connection. Its
	// context ends when the client of PostgreSQL or SQL Server cancels. It is called
	// concurrently. If nil, every statement succeeds with no rows, so that a program
	// which only connects, pings or writes can run.
	Query func(ctx context.Context, s Statement) (Result, error)
}

// ServerError is an error of MySQL or SQL Server, as its clients get it.
type ServerError struct {
	Number  int    // such as 1045
	State   string // MySQL's SQLSTATE, five characters; anything else: "HY000"
	Message string
}

// Error returns number, state and message.
func (e *ServerError) Error() string { return fmt.Sprintf("%d (%s): %s", e.Number, e.State, e.Message) }
