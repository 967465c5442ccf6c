package tsqlite

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// execute runs a statement, whose words are the client's own.
func (s *session) execute(words []sqlite.Token) error {
	second := append(words[:len(words):len(words)], sqlite.Token{})[1]
	switch verb := strings.ToLower(words[0].Text); verb {
	case "insert":
		if second.Is("bulk") {
			return s.insertBulk(words)
		}
		return s.query(words)
	case "select", "with", "update", "delete":
		return s.query(words)
	case "create", "drop", "alter", "truncate":
		return s.define(words)
	case "begin", "commit", "rollback", "save":
		return s.control(verb, second, words)
	case "declare":
		return s.assign(true, words[1:])
	case "set":
		if second.Kind == sqlite.Parameter {
			return s.assign(false, words[1:])
		}
		if len(words) == 3 { // what else there is to set is ignored
			s.options[strings.ToLower(second.Text)] = words[2].Is("on")
		}
		return s.end(nil)
	case "print":
		return s.print(words[1:])
	case "raiserror":
		return s.raise(words[1:])
	case "throw":
		return s.throw(words[1:])
	case "waitfor":
		return s.wait(words[1:])
	case "use":
		return s.use(second)
	case "grant", "revoke", "deny":
		return s.end(nil)
	case "exec", "execute":
		return serverError(2812, "Could not find stored procedure '%s'.", unquoted(second))
	case "merge":
		return s.merge(words)
	}
	return incorrectSyntax(words)
}

// control runs the statements that begin and end transactions.
func (s *session) control(verb string, second sqlite.Token, words []sqlite.Token) error {
	isTransaction := second.Is("tran") || second.Is("transaction")
	if verb == "begin" && !isTransaction {
		return unavailable("begin ... end")
	}
	name := ""
	if isTransaction && len(words) > 2 {
		name = unquoted(words[2])
	}
	return s.end(s.transaction(verb, name))
}

// end ends a statement that returns nothing.
func (s *session) end(err error) error {
	if err == nil {
		s.client.Done(-1)
	}
	return err
}

// query runs a SELECT, INSERT, UPDATE or DELETE.
func (s *session) query(words []sqlite.Token) error {
	q := s.environment.translateTSQL(words)
	columns, rows, affected, err := s.perform(q)
	if err == nil && len(q.assign) > 0 {
		return s.assignRow(q.assign, rows)
	}
	return s.answer(q, columns, rows, affected, err)
}

// merge runs a MERGE: an UPDATE and an INSERT with one result.
func (s *session) merge(words []sqlite.Token) error {
	queries, ok := s.environment.translateMerge(words)
	if !ok {
		return unavailable("merge")
	}
	var columns []tds.Column
	var all [][]any
	var sum int64
	err := s.atomically(func() error {
		for _, q := range queries {
			c, rows, affected, err := s.perform(q)
			if err != nil {
				return err
			}
			columns, all, sum = c, append(all, rows...), sum+affected
		}
		return nil
	})
	return s.answer(queries[0], columns, all, sum, err)
}

// perform runs one statement of SQLite's.
func (s *session) perform(q tsqlQuery) (columns []tds.Column, rows [][]any, affected int64, err error) {
	if !q.rows {
		outcome, err := s.sqlite.ExecContext(s.ctx, q.sql, s.arguments()...)
		if err != nil {
			return nil, nil, 0, err
		}
		affected, err = outcome.RowsAffected()
		return nil, nil, affected, err
	}
	limit := -1
	if s.options["fmtonly"] {
		limit = 0
	}
	types, rows, err := sqlite.Fetch(s.ctx, s.sqlite, q.sql, s.arguments(), limit)
	for i, t := range types {
		columns = append(columns, s.resultColumn(t, q.items, rows, i))
	}
	return columns, rows, 0, err
}

// answer sends the result of a statement: rows, or how many it changed.
func (s *session) answer(q tsqlQuery, columns []tds.Column, rows [][]any, affected int64, err error) error {
	if err == nil && !q.rows {
		s.done(affected)
	}
	if err != nil || !q.rows {
		return err
	}
	if err := s.client.Columns(columns...); err != nil {
		return err
	}
	for _, row := range rows {
		for i, c := range columns {
			value, err := serverValue(row[i], c.Type)
			if err != nil {
				return serverError(8114, "Error converting a value of column '%s' to data type %v.", c.Name, c.Type)
			}
			row[i] = value
		}
		if err := s.client.Row(row...); err != nil {
			return serverError(8115, "Arithmetic overflow or conversion error: %v", err)
		}
	}
	s.done(int64(len(rows)))
	return nil
}

// done ends a statement.
func (s *session) done(rows int64) {
	s.environment.rowCount = rows
	if s.options["nocount"] {
		rows = -1
	}
	s.client.Done(rows)
}

// print runs PRINT text.
func (s *session) print(words []sqlite.Token) error {
	text, err := s.evaluate(words)
	if err == nil {
		s.client.Info(&sqlserverfront.Error{State: 1, Message: fmt.Sprint(text[0]), Line: 1})
	}
	return err
}

// raise runs RAISERROR(message, severity, state, arguments ...), of which %s and %d are understood. Up to severity 10
// it is not an error. The batch goes on in any case.
func (s *session) raise(words []sqlite.Token) error {
	values, err := s.evaluate(stripped(words))
	if err != nil {
		return err
	}
	if len(values) < 3 {
		return incorrectSyntax(words)
	}
	e := &sqlserverfront.Error{Number: 50000, Message: fmt.Sprint(values[0]), Class: small(values[1]), State: small(values[2]), Line: 1}
	for _, argument := range values[3:] {
		before, after, found := strings.Cut(e.Message, "%")
		if !found || after == "" {
			break
		}
		e.Message = before + fmt.Sprint(argument) + after[1:]
	}
	if e.Class <= 10 {
		s.client.Info(e)
		return nil
	}
	s.client.Error(e)
	s.client.Done(-1)
	s.environment.lastError = e.Number
	return nil
}

// throw runs THROW number, message, state, which ends the batch.
func (s *session) throw(words []sqlite.Token) error {
	values, err := s.evaluate(words)
	if err != nil {
		return err
	}
	if len(values) != 3 {
		return incorrectSyntax(words)
	}
	number, ok := values[0].(int64)
	if !ok || number < 50000 || number > math.MaxInt32 {
		return incorrectSyntax(words)
	}
	return &sqlserverfront.Error{Number: int32(number), Message: fmt.Sprint(values[1]), Class: 16, State: small(values[2]), Line: 1}
}

// small is a number of 0 to 255.
func small(v any) uint8 {
	n, _ := v.(int64)
	return uint8(min(max(n, 0), math.MaxUint8))
}

// wait runs WAITFOR DELAY 'hh:mm:ss.mmm', until the client cancels.
func (s *session) wait(words []sqlite.Token) error {
	if len(words) != 2 || !words[0].Is("delay") {
		return unavailable("waitfor without delay")
	}
	value, err := s.evaluate(words[1:])
	if err != nil {
		return err
	}
	until, err := time.Parse("15:04:05.999", fmt.Sprint(value[0]))
	if err != nil {
		return serverError(148, "Incorrect time syntax in time string '%v' used with WAITFOR.", value[0])
	}
	timer := time.NewTimer(until.Sub(until.Truncate(24 * time.Hour)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.end(nil)
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// use runs USE name.
func (s *session) use(word sqlite.Token) error {
	name := unquoted(word)
	if name == "" {
		return incorrectSyntax(keywords("use"))
	}
	if !strings.EqualFold(name, s.server.database) && !strings.EqualFold(name, "master") {
		return serverError(911, "Database '%s' does not exist. Make sure that the name is entered correctly.", name)
	}
	s.client.DatabaseChanged(name)
	return s.end(nil)
}
