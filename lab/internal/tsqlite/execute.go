package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// execute runs a statement, whose words are the client's own.
func (s *session) execute(words []sqlite.Token) error {
	second := sqlite.Token{}
	if len(words) > 1 {
		second = words[1]
	}
	switch verb := strings.ToLower(words[0].Text); verb {
	case "select", "with", "update", "delete":
		return s.query(words)
	case "insert":
		if second.Is("bulk") {
			return s.insertBulk(words)
		}
		return s.query(words)
	case "create", "drop", "alter", "truncate":
		return s.define(words)
	case "begin", "commit", "rollback", "save":
		return s.control(verb, second, words)
	case "set", "declare":
		if verb == "set" && second.Kind != sqlite.Parameter {
			s.set(words[1:])
			return nil
		}
		return s.assign(verb == "declare", words[1:])
	case "print":
		return s.print(words[1:])
	case "raiserror":
		return s.raise(words[1:])
	case "throw":
		return s.throw(words[1:])
	case "waitfor":
		return s.wait(words[1:])
	case "use":
		return s.use(words[1:])
	case "grant", "revoke", "deny":
		s.client.Done(-1)
		return nil
	case "exec", "execute":
		return serverError(2812, "Could not find stored procedure '%s'.", unquoted(second))
	case "merge":
		return s.merge(words)
	case "if", "else":
		return unavailable(verb)
	}
	return incorrectSyntax(words)
}

// control runs the statements that begin and end transactions.
func (s *session) control(verb string, second sqlite.Token, words []sqlite.Token) error {
	isTran := second.Is("tran") || second.Is("transaction")
	name := ""
	if isTran && len(words) > 2 {
		name = unquoted(words[2])
	}
	if verb == "begin" && !isTran {
		return unavailable("begin ... end")
	}
	err := s.transaction(verb, name)
	if err == nil {
		s.client.Done(-1)
	}
	return err
}

// set turns options on and off. The others are ignored.
func (s *session) set(words []sqlite.Token) {
	if len(words) == 2 {
		s.options[strings.ToLower(words[0].Text)] = words[1].Is("on")
	}
	s.client.Done(-1)
}

// query runs a SELECT, INSERT, UPDATE or DELETE.
func (s *session) query(words []sqlite.Token) error {
	q := s.environment.translateTSQL(words)
	columns, rows, affected, err := s.perform(q)
	switch {
	case err != nil:
		return err
	case len(q.assign) > 0:
		return s.assignRow(q.assign, rows)
	case q.rows:
		return s.send(columns, rows)
	}
	s.done(affected)
	return nil
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
	switch {
	case err != nil:
		return err
	case queries[0].rows:
		return s.send(columns, all)
	}
	s.done(sum)
	return nil
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

// send sends a result.
func (s *session) send(columns []tds.Column, rows [][]any) error {
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

// tsqlMerge is a MERGE statement as GORM writes it for INSERT ... ON CONFLICT:
//
//	MERGE INTO target USING (VALUES (...), ...) AS source (columns) ON condition
//	WHEN MATCHED THEN UPDATE SET ... WHEN NOT MATCHED THEN INSERT (columns) VALUES (...) OUTPUT INSERTED.id
type tsqlMerge struct {
	target, values, source, columns, condition, update, insert, insertValues, output []sqlite.Token
}

// parseMerge takes the statement apart; ok: it is one of that form.
func parseMerge(words []sqlite.Token) (m tsqlMerge, ok bool) {
	rest := words[1:]
	accept := func(keywords ...string) bool {
		for i, k := range keywords {
			if i >= len(rest) || !strings.EqualFold(rest[i].Text, k) {
				return false
			}
		}
		rest = rest[len(keywords):]
		return true
	}
	parenthesis := func() []sqlite.Token {
		if len(rest) == 0 || rest[0].Text != "(" {
			return nil
		}
		end := closing(rest, 0)
		inside := rest[1:end]
		rest = rest[end+1:]
		return inside
	}
	until := func(keywords ...string) []sqlite.Token {
		end := len(rest)
		for _, k := range keywords {
			if i := sqlite.TopLevel(rest, k); i >= 0 {
				end = min(end, i)
			}
		}
		part := rest[:end]
		rest = rest[end:]
		return part
	}
	accept("into")
	m.target = until("using")
	if !accept("using") || len(m.target) != 1 {
		return m, false
	}
	m.values = parenthesis()
	accept("as")
	m.source, rest = rest[:min(1, len(rest))], rest[min(1, len(rest)):]
	m.columns = parenthesis()
	if !accept("on") || len(m.values) == 0 || len(m.columns) == 0 {
		return m, false
	}
	m.condition = until("when", "output")
	if accept("when", "matched", "then", "update", "set") {
		m.update = until("when", "output")
	}
	if accept("when", "not", "matched", "then", "insert") {
		m.insert = parenthesis()
		if !accept("values") {
			return m, false
		}
		m.insertValues = parenthesis()
	}
	_, m.output = output(rest)
	return m, len(rest) == 0 || rest[0].Is("output")
}

// translateMerge makes an UPDATE and an INSERT of the statement.
func (e *tsqlEnvironment) translateMerge(words []sqlite.Token) ([]tsqlQuery, bool) {
	m, ok := parseMerge(e.plainNames(words))
	if !ok {
		return nil, false
	}
	word := func(texts ...string) (out []sqlite.Token) {
		for _, t := range texts {
			out = append(out, sqlite.Token{Kind: sqlite.Word, Text: t})
		}
		return out
	}
	source := slices.Concat(word("with"), m.source, word("("), m.columns, word(")", "as", "("), e.rewrite(m.values), word(")"))
	condition := e.rewrite(m.condition)
	var parts [][]sqlite.Token
	if m.update != nil {
		parts = append(parts, slices.Concat(source, word("update"), m.target, word("set"), e.rewrite(m.update), word("from"), m.source, word("where"), condition))
	}
	if m.insert != nil {
		parts = append(parts, slices.Concat(source, word("insert", "into"), m.target, word("("), m.insert, word(")", "select"), e.rewrite(m.insertValues),
			word("from"), m.source, word("where", "not", "exists", "(", "select", "1", "from"), m.target, word("where"), condition, word(")")))
	}
	var queries []tsqlQuery
	for _, p := range parts {
		q := tsqlQuery{verb: "merge", sql: joined(p), target: unquoted(m.target[0])}
		if q.rows = m.output != nil; q.rows {
			q.sql += " returning " + joined(e.rewrite(m.output))
			q.items = e.items(m.output, q.target)
		}
		queries = append(queries, q)
	}
	return queries, len(queries) > 0
}
