// Package sqlserver starts a stand-in for SQL Server that accepts Microsoft Entra tokens, as Azure SQL Database does.
package sqlserver

import (
	"context"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/tsqlite"
)

// Options adjusts a server. A nil *Options means all defaults. Its Database is the one there is, besides master, which
// is the same.
type Options = lab.Options

// Server has the fields and methods of [lab.Server]. It is SQLite behind azuretest's SQL Server front end.
type Server struct {
	*lab.Server
	front azuretest.Server
}

// Start runs SQLite behind a TDS front end that logs clients in as Azure SQL Database does: with a token of the cloud,
// over TLS, on a free port of 127.0.0.1. It starts at once and leaves no files. ctx bounds the start, not the server's
// life, which ends with Close.
//
// Of Transact-SQL it understands what database/sql, sqlx, GORM and small programs write: CREATE TABLE with SQL Server's
// types, identity columns, SELECT with TOP, OFFSET and FETCH, INSERT, UPDATE and DELETE with OUTPUT, variables,
// batches, IF without blocks, transactions with savepoints, bulk copy, RAISERROR, THROW, PRINT, WAITFOR DELAY, MERGE as
// GORM writes it for ON CONFLICT, the usual functions, INFORMATION_SCHEMA and the sys views that GORM reads. Errors have
// SQL Server's numbers. Declared columns, casts and parameters keep their types; other expressions get one by their
// values. Not there: procedures, blocks, temporary tables, schemas, rights inside the database, decimals of more than 15
// digits. A transaction has the whole database: other sessions wait for it up to 10 s. Isolation levels change nothing.
// A statement that writes takes its transaction along when it is cancelled, and the client is told.
//
// A session whose token has expired is refused its next request with error 37396 and ended.
func Start(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	options := o.WithDefaults()
	backend, info, err := tsqlite.Start(ctx, cloud, options)
	if err != nil {
		return nil, err
	}
	s, err := engine.New(ctx, info, backend, 128, options.Users) // sysname has 128 characters
	if err != nil {
		return nil, err
	}
	return &Server{s, backend.Front}, nil
}

// Front is the front end, for faults and for the record of logins.
func (s *Server) Front() azuretest.Server { return s.front }
