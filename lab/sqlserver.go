package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
)

// SQLServerOptions adjusts a server. A nil *SQLServerOptions means all defaults.
type SQLServerOptions struct {
	// Names are the host names and IP addresses in the server's certificate.
	// Empty: localhost and 127.0.0.1.
	Names []string
	// Users are created as [SQLServer.CreateUser] does: only they can log in. Empty: none yet.
	Users []string
	// Database is the one there is, besides master, which is the same. Empty: "app".
	Database string
}

// SQLServer is SQLite behind azuretest's SQL Server front end. Its methods are safe for concurrent use; its fields
// must not be changed.
type SQLServer struct {
	Engine   string // for people: "SQLite 3.53.0 (stand-in behind a TDS front end)"
	Host     string // "127.0.0.1"
	Port     int
	Database string

	memory   *memory
	front    *sqlservertest.Server
	spids    atomic.Int64 // sessions so far
	close    sync.Once
	closeErr error
}

// StartSQLServer runs SQLite behind a TDS front end that logs clients in as Azure SQL Database does: with a token of
// the cloud, over TLS, on a free port of 127.0.0.1. It starts at once and leaves no files. ctx bounds the start, not
// the server's life, which ends with Close.
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
func StartSQLServer(ctx context.Context, cloud *azuretest.Cloud, o *SQLServerOptions) (*SQLServer, error) {
	if o == nil {
		o = &SQLServerOptions{}
	}
	s := &SQLServer{Database: o.Database}
	if s.Database == "" {
		s.Database = defaultDatabase
	}
	var err error
	if s.memory, err = openMemory(ctx); err != nil {
		return nil, err
	}
	if err := createCatalog(ctx, s.memory.keep, s.Database); err != nil {
		return nil, errors.Join(err, s.memory.close())
	}
	names := o.Names
	if len(names) == 0 {
		names = []string{"localhost", "127.0.0.1"}
	}
	s.front, err = sqlservertest.Start(cloud, &sqlservertest.Options{
		Names: names, Users: append([]string{}, o.Users...), Databases: []string{s.Database, "master"}, Handler: s.serve,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w", err), s.memory.close())
	}
	s.Engine = "SQLite " + s.memory.version + " (stand-in behind a TDS front end)"
	s.Host, s.Port = s.front.Host(), s.front.Port()
	return s, nil
}

// Addr is the address to dial, "127.0.0.1:port".
func (s *SQLServer) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Front is the front end, for faults and for the record of logins.
func (s *SQLServer) Front() *sqlservertest.Server { return s.front }

// CreateUser creates a user for the identity of that name, as CREATE USER ... FROM EXTERNAL PROVIDER does: it logs in
// with a Microsoft Entra token.
func (s *SQLServer) CreateUser(name string) error {
	if err := checkSQLServerUser(name); err != nil {
		return err
	}
	s.front.AddUser(name)
	return nil
}

// CreateLogin creates a SQL login with a password, which must not be empty.
func (s *SQLServer) CreateLogin(name, password string) error {
	if err := checkSQLServerUser(name); err != nil {
		return err
	}
	if password == "" {
		return fmt.Errorf("lab: login %q: the password is empty", name)
	}
	s.front.AddLogin(name, password)
	return nil
}

// checkSQLServerUser refuses names that SQL Server would (sysname has 128 characters).
func checkSQLServerUser(name string) error {
	if name == "" || len(name) > 128 {
		return fmt.Errorf("lab: user %q: a name has 1 to 128 bytes", name)
	}
	return nil
}

// Log are the reasons why logins were refused; never a token.
func (s *SQLServer) Log() string {
	var r refusals
	for _, l := range s.front.Logins() {
		if l.Err != nil {
			r.add(l.User, l.Err)
		}
	}
	return r.String()
}

// Close ends the sessions and the database. Calls after the first do nothing and return the first one's error.
func (s *SQLServer) Close() error {
	s.close.Do(func() { s.closeErr = errors.Join(s.front.Close(), s.memory.close()) })
	return s.closeErr
}

// serve runs the session of a client that has logged in.
func (s *SQLServer) serve(ctx context.Context, client *sqlservertest.Session) error {
	conn, err := s.memory.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer conn.Close()
	return newSQLServerSession(s, client, conn).run(ctx)
}
