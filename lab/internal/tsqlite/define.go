package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// define runs a statement about tables, views, indexes and users.
func (s *session) define(words []sqlite.Token) error {
	e := &s.environment
	words = e.plainNames(words)
	if len(words) < 3 {
		return incorrectSyntax(words)
	}
	plain := joined(e.rewrite(withoutIndexOptions(words)))
	isIndex := slices.ContainsFunc(words[1:min(4, len(words))], func(t sqlite.Token) bool { return t.Is("index") })
	switch what := strings.ToLower(words[0].Text + " " + words[1].Text); {
	case what == "create table":
		return s.defineTable(e.createTable(words))
	case what == "alter table" && len(words) > 5 && words[3].Is("add") && !words[4].Is("constraint"):
		return s.defineTable(e.addColumn(words))
	case what == "alter table" && len(words) > 6 && words[3].Is("alter"):
		return s.alterColumn(unquoted(words[2]), unquoted(words[5]), words[6:])
	case what == "drop table":
		return s.dropTables(words[2:])
	case what == "truncate table":
		return s.apply("delete from " + words[2].Text)
	case what == "drop index" && sqlite.TopLevel(words, "on") > 0:
		return s.apply(joined(words[:sqlite.TopLevel(words, "on")]))
	case what == "create view", what == "drop view", words[0].Is("create") && isIndex,
		what == "alter table" && len(words) > 5 && words[3].Is("drop") && words[4].Is("column"):
		return s.apply(plain)
	case what == "create user":
		s.server.Front.AddUser(unquoted(words[2]))
		s.client.Done(-1)
		return nil
	case what == "alter role":
		s.client.Done(-1)
		return nil
	default:
		return unavailable(what)
	}
}

// apply runs a statement of SQLite's that returns nothing.
func (s *session) apply(statement string) error {
	if _, err := s.sqlite.ExecContext(s.ctx, statement); err != nil {
		return err
	}
	s.client.Done(-1)
	return nil
}

// defineTable makes a table or adds a column to it.
func (s *session) defineTable(t tsqlTable, err error) error {
	if err != nil {
		return err
	}
	err = s.atomically(func() error {
		if _, err := s.sqlite.ExecContext(s.ctx, t.sql); err != nil {
			return err
		}
		return s.declare(s.ctx, t)
	})
	if err == nil {
		s.client.Done(-1)
	}
	return err
}

// alterColumn runs ALTER TABLE ... ALTER COLUMN, which SQLite does not have, for a column that has the type already:
// GORM writes such statements for every decimal column.
func (s *session) alterColumn(table, column string, words []sqlite.Token) error {
	end := slices.IndexFunc(words, func(t sqlite.Token) bool { return t.Is("null") || t.Is("not") })
	if end < 0 {
		end = len(words)
	}
	kind, err := tsqlType(words[:end])
	if known, ok := s.columnType(table, column); err != nil || !ok || known != kind {
		return unavailable("alter column")
	}
	s.client.Done(-1)
	return nil
}

// dropTables drops one or more tables: [IF EXISTS] a, b.
func (s *session) dropTables(words []sqlite.Token) error {
	existing := ""
	if len(words) > 2 && words[0].Is("if") {
		existing, words = "if exists ", words[2:]
	}
	for _, name := range commas(words) {
		if err := s.apply("drop table " + existing + joined(name)); err != nil {
			return err
		}
		if err := s.undeclare(s.ctx, unquoted(name[len(name)-1])); err != nil {
			return err
		}
	}
	return nil
}
