// Package tsqlite stands in for SQL Server with SQLite behind azuretest's TDS front end. It understands what database/sql,
// sqlx, GORM and small programs write, and is not meant to grow.
package tsqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/login"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// Server is the front end with its database in memory, which all sessions share.
type Server struct {
	Front *sqlservertest.Server

	memory   *sqlite.Database
	database string
	spids    atomic.Int64 // sessions so far
}

var _ lab.Backend = (*Server)(nil)

// Start serves on a free port of 127.0.0.1.
func Start(ctx context.Context, cloud *azuretest.Cloud, o lab.Options) (*Server, lab.Info, error) {
	memory, err := sqlite.Open(ctx)
	if err != nil {
		return nil, lab.Info{}, err
	}
	s := &Server{memory: memory, database: o.Database}
	if err := createCatalog(ctx, memory.Keep, s.database); err != nil {
		return nil, lab.Info{}, errors.Join(err, memory.Close())
	}
	s.Front, err = sqlservertest.Start(cloud, &sqlservertest.Options{
		Names: o.Names, Users: []string{}, Databases: []string{s.database, "master"}, Handler: s.serve,
	})
	if err != nil {
		return nil, lab.Info{}, errors.Join(fmt.Errorf("lab: %w", err), memory.Close())
	}
	return s, lab.Info{
		Engine: "SQLite " + memory.Version + " (stand-in behind a TDS front end)", Embedded: true,
		Host: s.Front.Host(), Port: s.Front.Port(), Database: s.database,
	}, nil
}

// serve runs the session of a client that has logged in.
func (s *Server) serve(ctx context.Context, client *sqlservertest.Session) error {
	conn, err := s.memory.DB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer conn.Close()
	return newSession(s, client, conn).run(ctx)
}

// CreateUser implements lab.Backend.
func (s *Server) CreateUser(_ context.Context, name, password string) error {
	if password == "" {
		s.Front.AddUser(name)
	} else {
		s.Front.AddLogin(name, password)
	}
	return nil
}

// Log implements lab.Backend.
func (s *Server) Log() string {
	var log login.Log
	for _, l := range s.Front.Logins() {
		if l.Err != nil {
			log.Refuse(l.User, l.Err)
		}
	}
	return log.String()
}

// Stop ends the sessions before their database.
func (s *Server) Stop() error { return errors.Join(s.Front.Close(), s.memory.Close()) }
