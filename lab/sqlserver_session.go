package lab

import (
	"context"
	"database/sql"
	"errors"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"io"
	"strings"
)

// sqlServerSession is one client of the stand-in and its connection to SQLite.
type sqlServerSession struct {
	server *SQLServer
	client *sqlservertest.Session
	sqlite *sql.Conn
	ctx    context.Context // of the request that is being answered

	environment tsqlEnvironment
	savepoints  map[string]bool // in the transaction
	options     map[string]bool // that SET has turned on
	bulk        *bulkTarget     // that INSERT BULK named
}

func newSQLServerSession(server *SQLServer, client *sqlservertest.Session, sqlite *sql.Conn) *sqlServerSession {
	s := &sqlServerSession{server: server, client: client, sqlite: sqlite}
	s.environment = tsqlEnvironment{
		user: client.User, database: server.Database, spid: int(50 + server.spids.Add(1)), columnType: s.columnType, insertable: s.insertable,
		version: "Microsoft SQL Azure, played by SQLite " + server.memory.version + " behind a TDS front end",
	}
	s.forget()
	return s
}

// forget makes the session like new.
func (s *sqlServerSession) forget() {
	s.environment.variables = make(map[string]*tsqlVariable)
	s.environment.tranCount, s.environment.rowCount, s.environment.lastError = 0, 0, 0
	s.savepoints, s.options, s.bulk = make(map[string]bool), make(map[string]bool), nil
}

// run answers the client's requests until it leaves or its token expires. A transaction that is open then is rolled
// back.
func (s *sqlServerSession) run(ctx context.Context) error {
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
		case *sqlservertest.Batch:
			s.batch(r)
		case *sqlservertest.Transaction:
			s.report(s.transaction(r))
		case *sqlservertest.BulkLoad:
			s.report(s.load(r))
		case *sqlservertest.Call:
			s.report(sqlServerError(2812, "Could not find stored procedure '%s'.", r.Procedure))
		}
	}
}

// abandon rolls back what the client left open, so that the connection can be used again.
func (s *sqlServerSession) abandon(ctx context.Context) {
	if s.environment.tranCount > 0 {
		_, _ = s.sqlite.ExecContext(ctx, "rollback") // fails if SQLite has done so itself
	}
}

// report tells the client about an error; ends: nothing more of the batch is to run.
func (s *sqlServerSession) report(err error) (ends bool) {
	if err == nil {
		return false
	}
	e := asSQLServerError(err)
	s.client.Error(e)
	s.client.Done(-1)
	s.environment.lastError, s.environment.rowCount = e.Number, 0
	if s.lostTransaction() {
		s.ended(false)
		return true
	}
	if s.options["xact_abort"] && s.environment.tranCount > 0 {
		_ = s.rollback("") // its own error adds nothing
		return true
	}
	return endsBatch(e) || s.ctx.Err() != nil
}

// batch runs the statements of a batch or of sp_executesql.
func (s *sqlServerSession) batch(r *sqlservertest.Batch) {
	s.environment.variables = make(map[string]*tsqlVariable)
	for _, p := range r.Parameters {
		s.environment.variables[strings.ToLower(p.Name)] = &tsqlVariable{p.Type, sqliteValue(p.Value, p.Type)}
	}
	skip, held := false, false // the statement after an IF that did not hold; how the last IF ended
	for _, words := range tsqlStatements(r.SQL) {
		if words[0].is("else") {
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
		case words[0].is("if"):
			held, err = s.holds(words[1:])
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

// returnValues sends the output parameters.
func (s *sqlServerSession) returnValues(parameters []sqlservertest.Parameter) error {
	for _, p := range parameters {
		if !p.Output {
			continue
		}
		value, err := sqlServerValue(s.environment.variables[strings.ToLower(p.Name)].value, p.Type)
		if err == nil {
			err = s.client.ReturnValue(p, value)
		}
		if err != nil {
			return sqlServerError(8114, "Error converting the value of %s to data type %v.", p.Name, p.Type)
		}
	}
	return nil
}

// holds evaluates a condition.
func (s *sqlServerSession) holds(condition []token) (bool, error) {
	e := &s.environment
	value, err := s.scalar("select case when " + joined(e.rewrite(e.plainNames(condition))) + " then 1 else 0 end")
	return value == int64(1), err
}

// scalar is the value that a query of SQLite's returns.
func (s *sqlServerSession) scalar(query string) (any, error) {
	_, rows, err := fetch(s.ctx, s.sqlite, query, s.arguments(), 1)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0][0], nil
}

// evaluate is the value of an expression.
func (s *sqlServerSession) evaluate(expression []token) (any, error) {
	e := &s.environment
	return s.scalar("select " + joined(e.rewrite(e.plainNames(expression))))
}

// arguments are the variables as SQLite takes them.
func (s *sqlServerSession) arguments() []any {
	var out []any
	for name, v := range s.environment.variables {
		out = append(out, sql.Named(strings.TrimPrefix(name, "@"), v.value))
	}
	return out
}
