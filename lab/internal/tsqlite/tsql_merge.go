package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

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
