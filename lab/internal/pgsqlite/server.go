// Package pgsqlite stands in for PostgreSQL with SQLite behind azuretest's PostgreSQL front end.
package pgsqlite

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
	"github.com/azuredb/passwordless/internal/pgsession"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// server is the front end with its database in memory, which all sessions share.
type server struct {
	memory   *sqlite.Database
	cloud    *azuretest.Cloud
	database string
	front    *postgresfront.Server
	logins   engine.Logins

	mu    sync.Mutex
	users map[string]string // to their passwords, "" for those who log in with a token
}

// Start serves on a free port of 127.0.0.1.
func Start(ctx context.Context, cloud *azuretest.Cloud, o engine.Options) (engine.Backend, engine.Info, error) {
	memory, err := sqlite.Open(ctx)
	if err != nil {
		return nil, engine.Info{}, err
	}
	s := &server{memory: memory, cloud: cloud, database: o.Database, users: make(map[string]string)}
	s.front, err = postgresfront.Start(cloud, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Names: o.Names}, Verify: s.verify, Handler: s.serve})
	if err != nil {
		return nil, engine.Info{}, errors.Join(fmt.Errorf("lab: %w", err), memory.Close())
	}
	return s, engine.Info{
		Engine:   "SQLite " + memory.Version + " (stand-in behind a PostgreSQL wire front end)",
		Embedded: true, Host: s.front.Host(), Port: s.front.Port(), Database: s.database,
	}, nil
}

// verify decides on a login.
func (s *server) verify(user, password string) error {
	s.mu.Lock()
	want, known := s.users[user]
	s.mu.Unlock()
	if known && want == "" {
		err := s.logins.CheckToken(s.cloud, user, password)
		if errors.Is(err, tokenerr.ErrExpired) {
			return postgresfront.TokenExpired()
		}
		return err
	}
	var err error
	switch {
	case !known:
		err = errors.New("the role does not exist")
	case subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1:
		err = errors.New("the password is wrong")
	}
	if err != nil {
		s.logins.Refuse(user, err)
	}
	return err
}

// serve runs the session of a client that has logged in.
func (s *server) serve(ctx context.Context, client *postgresfront.Session) error {
	if client.Database != s.database && client.Database != "" {
		return &pgconn.PgError{Severity: "FATAL", Code: "3D000", Message: fmt.Sprintf("database %q does not exist", client.Database)}
	}
	conn, err := s.memory.DB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer conn.Close()
	version := "SQLite " + s.memory.Version + " standing in for PostgreSQL behind a wire front end"
	session := &session{client: client, sqlite: conn, who: speaker{client.User, s.database, version}, status: 'I'}
	defer session.abandon(context.WithoutCancel(ctx))
	return pgsession.Run(ctx, client, pgsession.Server{
		Split: split, Query: session.answer, Error: session.fail,
		Parameters: func(sql string) int { return len(translate(sqlite.Tokenize(sql), session.who).parameters) },
		Status:     func() byte { return session.status },
	})
}

// CreateUser implements engine.Backend.
func (s *server) CreateUser(_ context.Context, name, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.users[name]; known {
		return fmt.Errorf("lab: create user %q: it already exists", name)
	}
	s.users[name] = password
	return nil
}

// Log implements engine.Backend.
func (s *server) Log() string { return s.logins.String() }

// Logins implements engine.Backend.
func (s *server) Logins() []engine.Login { return s.logins.All() }

// Stop ends the sessions before their database.
func (s *server) Stop() error { return errors.Join(s.front.Close(), s.memory.Close()) }
