// Package tsqlite stands in for SQL Server with SQLite behind azuretest's TDS front end. It understands what database/sql,
// sqlx, GORM and small programs write, and is not meant to grow.
package tsqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// Server is the front end with its database in memory, which all sessions share.
type Server struct {
	Front *sqlserverfront.Server

	memory   *sqlite.Database
	database string
	spids    atomic.Int64 // sessions so far
}

var _ engine.Backend = (*Server)(nil)

// Start serves on a free port of 127.0.0.1.
func Start(ctx context.Context, cloud *azuretest.Cloud, o engine.Options) (*Server, engine.Info, error) {
	memory, err := sqlite.Open(ctx)
	if err != nil {
		return nil, engine.Info{}, err
	}
	s := &Server{memory: memory, database: o.Database}
	if err := createCatalog(ctx, memory.Keep, s.database); err != nil {
		return nil, engine.Info{}, errors.Join(err, memory.Close())
	}
	s.Front, err = sqlserverfront.Start(cloud, &sqlserverfront.Options{
		ServerOptions: azuretest.ServerOptions{
			Names: o.Names, Users: []string{},
		}, Databases: []string{s.database, "master"}, Handler: s.serve,
	})
	if err != nil {
		return nil, engine.Info{}, errors.Join(fmt.Errorf("lab: %w", err), memory.Close())
	}
	return s, engine.Info{
		Engine: "SQLite " + memory.Version + " (stand-in behind a TDS front end)", Embedded: true,
		Host: s.Front.Host(), Port: s.Front.Port(), Database: s.database,
	}, nil
}

// serve runs the session of a client that has logged in.
func (s *Server) serve(ctx context.Context, client *tds.Session) error {
	conn, err := s.memory.DB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer conn.Close()
	return newSession(s, client, conn).run(ctx)
}

// CreateUser implements engine.Backend.
func (s *Server) CreateUser(_ context.Context, name, password string) error {
	if password == "" {
		s.Front.AddUser(name)
	} else {
		s.Front.AddLogin(name, password)
	}
	return nil
}

// Log implements engine.Backend.
func (s *Server) Log() string {
	return engine.LoginsOf(s.Front).String()
}

// Logins implements engine.Backend.
func (s *Server) Logins() []engine.Login { return engine.LoginsOf(s.Front).All() }

// Stop ends the sessions before their database.
func (s *Server) Stop() error { return errors.Join(s.Front.Close(), s.memory.Close()) }

// session is one client of the stand-in and its connection to SQLite.
type session struct {
	server *Server
	client *tds.Session
	sqlite *sql.Conn
	ctx    context.Context // of the request that is being answered

	environment tsqlEnvironment
	savepoints  map[string]bool // in the transaction
	options     map[string]bool // that SET has turned on
	bulk        *bulkTarget     // that INSERT BULK named
}

func newSession(server *Server, client *tds.Session, sqlite *sql.Conn) *session {
	s := &session{server: server, client: client, sqlite: sqlite}
	s.environment = tsqlEnvironment{
		user: client.User, database: server.database, spid: int(50 + server.spids.Add(1)), columnType: s.columnType, insertable: s.insertable,
		version: "Microsoft SQL Azure, played by SQLite " + server.memory.Version + " behind a TDS front end",
	}
	s.forget()
	return s
}

// forget makes the session like new.
func (s *session) forget() {
	s.environment.variables = make(map[string]*tsqlVariable)
	s.environment.tranCount, s.environment.rowCount, s.environment.lastError = 0, 0, 0
	s.savepoints, s.options, s.bulk = make(map[string]bool), make(map[string]bool), nil
}

// requested are the verbs of the client's requests about transactions.
var requested = map[tds.Action]string{tds.Begin: "begin", tds.Commit: "commit", tds.Rollback: "rollback", tds.Save: "save"}

// run answers the client's requests until it leaves or its token expires. A transaction that is open then is rolled
// back.
func (s *session) run(ctx context.Context) error {
	defer func() { s.abandon(context.WithoutCancel(ctx)) }()
	for {
		request, err := s.client.ReceiveUnexpired()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.ctx = request.Context()
		if reset, keep := request.Reset(); reset && !(keep && s.environment.tranCount > 0) {
			s.abandon(s.ctx)
			s.forget()
		}
		switch r := request.(type) {
		case *tds.Batch:
			s.batch(r)
		case *tds.Transaction:
			s.report(s.transaction(requested[r.Action], r.Name))
		case *tds.BulkLoad:
			s.report(s.load(r))
		case *tds.Call:
			s.report(serverError(2812, "Could not find stored procedure '%s'.", r.Procedure))
		}
	}
}

// abandon rolls back what the client left open, so that the connection can be used again.
func (s *session) abandon(ctx context.Context) {
	if s.environment.tranCount > 0 {
		_, _ = s.sqlite.ExecContext(ctx, "rollback") // fails if SQLite has done so itself
	}
}

// report tells the client about an error; ends: nothing more of the batch is to run.
func (s *session) report(err error) (ends bool) {
	if err == nil {
		return false
	}
	e := asServerError(err)
	s.client.Error(e)
	s.client.Done(-1)
	s.environment.lastError, s.environment.rowCount = e.Number, 0
	if s.lostTransaction() {
		s.ended(false)
		return true
	}
	if s.options["xact_abort"] && s.environment.tranCount > 0 {
		_ = s.transaction("rollback", "") // its own error adds nothing
		return true
	}
	return !slices.Contains(goesOn, e.Number) || s.ctx.Err() != nil
}

// batch runs the statements of a batch or of sp_executesql.
func (s *session) batch(r *tds.Batch) {
	s.environment.variables = make(map[string]*tsqlVariable)
	for _, p := range r.Parameters {
		s.environment.variables[strings.ToLower(p.Name)] = &tsqlVariable{p.Type, sqliteValue(p.Value, p.Type)}
	}
	skip, held := false, false // the statement after an IF that did not hold; how the last IF ended
	for _, words := range tsqlStatements(r.SQL) {
		if words[0].Is("else") {
			if skip, words = held, words[1:]; len(words) == 0 {
				continue
			}
		}
		if skip {
			skip = false
			continue
		}
		var err error
		switch {
		case !balanced(words):
			err = incorrectSyntax(words)
		case words[0].Is("if"):
			var value []any
			value, err = s.evaluate(slices.Concat(keywords("case when"), words[1:], keywords("then 1 else 0 end")))
			held = err == nil && value[0] == int64(1)
			skip = err == nil && !held
		default:
			err = s.execute(words)
		}
		if s.report(err) {
			break
		}
		if err == nil {
			s.environment.lastError = 0
		}
	}
	s.report(s.returnValues(r.Parameters))
}
