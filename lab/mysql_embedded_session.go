package lab

import (
	"context"
	"database/sql"
	"errors"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"io"
	"slices"
	"strings"
)

// mysqlSession is one client of the stand-in and its connection to SQLite.
type mysqlSession struct {
	client *mysqltest.Session
	sqlite *sql.Conn
	who    speaker
}

// run answers the client's statements until it leaves. A transaction that is open then is rolled back.
func (s *mysqlSession) run(ctx context.Context) error {
	defer func() { _ = s.transaction(context.WithoutCancel(ctx), "rollback") }() // nobody is there to hear of it
	for {
		request, err := s.client.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.answer(ctx, request); err != nil {
			return err
		}
	}
}

// answer runs what the client sent: one statement, or several, whose results follow one another up to the first
// that fails. The error is that of the connection.
func (s *mysqlSession) answer(ctx context.Context, request mysqltest.Statement) error {
	all := statements(cut(request.SQL, nextMySQLToken))
	if len(all) == 0 {
		return s.client.Fail(mysqlRefusal(1065, "42000", "Query was empty"))
	}
	for i, tokens := range all {
		result, err := s.execute(ctx, tokens, mysqlArguments(request.Args))
		if err != nil {
			return s.client.Fail(mysqlErrorOf(err))
		}
		result.More = i+1 < len(all)
		if err := s.client.Send(*result); err != nil {
			return err
		}
	}
	return nil
}

// execute runs one statement.
func (s *mysqlSession) execute(ctx context.Context, tokens []token, arguments []any) (*mysqltest.Result, error) {
	st, err := translateMySQL(tokens, s.who)
	if err != nil {
		return nil, err
	}
	none := new(mysqltest.Result)
	switch st.verb {
	case "set":
		return none, nil
	case "use":
		return none, s.use(mysqlName(st.words[len(st.words)-1]))
	case "begin", "start", "commit", "rollback":
		if !slices.ContainsFunc(st.words, func(t token) bool { return t.is("to") }) { // a savepoint
			return none, s.transaction(ctx, mysqlTransaction(st))
		}
	}
	if st.rows {
		return s.query(ctx, st.sql, arguments)
	}
	outcome, err := s.sqlite.ExecContext(ctx, st.sql, arguments...)
	if err != nil {
		return nil, err
	}
	return mysqlOutcome(st.verb, outcome)
}

// mysqlOutcome tells how many rows a statement changed, and the number that an INSERT gave to its first row;
// SQLite knows that of the last.
func mysqlOutcome(verb string, outcome sql.Result) (*mysqltest.Result, error) {
	r := new(mysqltest.Result)
	if !slices.Contains([]string{"insert", "replace", "update", "delete"}, verb) {
		return r, nil
	}
	affected, err := outcome.RowsAffected()
	if err != nil {
		return nil, err
	}
	r.AffectedRows = uint64(affected)
	if affected > 0 && (verb == "insert" || verb == "replace") {
		last, err := outcome.LastInsertId()
		if err != nil {
			return nil, err
		}
		r.LastInsertID = uint64(max(last-affected+1, 0))
	}
	return r, nil
}

// query reads all rows.
func (s *mysqlSession) query(ctx context.Context, query string, arguments []any) (*mysqltest.Result, error) {
	types, rows, err := fetch(ctx, s.sqlite, query, arguments, -1)
	if err != nil {
		return nil, err
	}
	r := &mysqltest.Result{Rows: rows}
	for i, t := range types {
		column := mysqltest.Column{Name: t.Name(), Type: mysqlColumnType(t.DatabaseTypeName(), rows, i)}
		for _, row := range rows {
			if row[i], err = mysqlValue(row[i], column); err != nil {
				return nil, err
			}
		}
		r.Columns = append(r.Columns, column)
	}
	return r, nil
}

// use changes the database, of which there is one.
func (s *mysqlSession) use(database string) error {
	if database != s.who.database {
		return mysqlRefusal(1049, "42000", "Unknown database '%s'", database)
	}
	s.client.Database = database
	return nil
}

// mysqlTransaction is what begins or ends a transaction in SQLite. A read-write transaction takes SQLite's write
// lock at once, since two that take it later could each wait for the other.
func mysqlTransaction(st statement) string {
	switch {
	case st.verb == "commit" || st.verb == "rollback":
		return st.verb
	case slices.ContainsFunc(st.words, func(t token) bool { return t.is("only") }):
		return "begin"
	}
	return "begin immediate"
}

// transaction begins or ends one. As in MySQL a beginning commits what is open, and an end of nothing is none.
func (s *mysqlSession) transaction(ctx context.Context, run string) error {
	begins := strings.HasPrefix(run, "begin")
	if begins && s.client.InTransaction {
		if err := s.transaction(ctx, "commit"); err != nil {
			return err
		}
	}
	if !begins && !s.client.InTransaction {
		return nil
	}
	if err := transact(ctx, s.sqlite, run); err != nil {
		return err
	}
	s.client.InTransaction = begins
	return nil
}
