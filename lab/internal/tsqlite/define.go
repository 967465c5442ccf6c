package tsqlite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// define runs a statement about tables, views, indexes and users.
func (s *session) define(words []sqlite.Token) error {
	e := &s.environment
	words = e.plainNames(words)
	if len(words) < 3 {
		return incorrectSyntax(words)
	}
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
		return s.end(s.exec("delete from " + words[2].Text))
	case what == "drop index" && sqlite.TopLevel(words, "on") > 0:
		return s.end(s.exec(joined(words[:sqlite.TopLevel(words, "on")])))
	case what == "create view", what == "drop view", words[0].Is("create") && isIndex,
		what == "alter table" && len(words) > 5 && words[3].Is("drop") && words[4].Is("column"):
		return s.end(s.exec(joined(e.rewrite(withoutOptions(words)))))
	case what == "create user":
		s.server.Front.AddUser(unquoted(words[2]))
		return s.end(nil)
	case what == "alter role":
		return s.end(nil)
	default:
		return unavailable(what)
	}
}

// exec runs a statement of SQLite's that returns nothing.
func (s *session) exec(statement string, arguments ...any) error {
	_, err := s.sqlite.ExecContext(s.ctx, statement, arguments...)
	return err
}

// defineTable makes a table or adds a column to it.
func (s *session) defineTable(t tsqlTable, err error) error {
	if err != nil {
		return err
	}
	return s.end(s.atomically(func() error {
		if err := s.exec(t.sql); err != nil {
			return err
		}
		return s.declare(t)
	}))
}

// alterColumn runs ALTER TABLE ... ALTER COLUMN, which SQLite does not have, for a column that has the type already:
// GORM writes such statements for every decimal column.
func (s *session) alterColumn(table, column string, words []sqlite.Token) error {
	kind, err := tsqlType(words[:upTo(words, "null", "not")])
	if known, ok := s.columnType(table, column); err != nil || !ok || known != kind {
		return unavailable("alter column")
	}
	return s.end(nil)
}

// dropTables drops one or more tables, and forgets what was declared of them: [IF EXISTS] a, b.
func (s *session) dropTables(words []sqlite.Token) error {
	existing := ""
	if len(words) > 2 && words[0].Is("if") {
		existing, words = "if exists ", words[2:]
	}
	for _, name := range commas(words) {
		if len(name) == 0 {
			return incorrectSyntax(words)
		}
		table := sqlite.Literal(unquoted(name[len(name)-1]))
		err := s.exec("drop table " + existing + joined(name) + `; delete from "sys.declared" where table_name = ` + table +
			`; delete from "sys.named_keys" where table_name = ` + table)
		if err != nil {
			return err
		}
	}
	return s.end(nil)
}

// tsqlTable is a CREATE TABLE or ALTER TABLE ADD statement for SQLite.
type tsqlTable struct {
	name    string
	sql     string
	columns []tsqlColumn
	foreign []struct{ name, referenced string } // keys that have a name
}

// tsqlColumn is a column as SQL Server has it; SQLite's own description of it knows less.
type tsqlColumn struct {
	name     string
	kind     tds.Type
	identity bool
}

// sqliteIdentityType is how a type must be spelled for SQLite to number a column ("Rowid Tables" in SQLite's
// documentation). No other column has it.
const sqliteIdentityType = "INTEGER"

// createTable translates the statement "CREATE TABLE name (definitions)", whose words have plain names.
func (e *tsqlEnvironment) createTable(words []sqlite.Token) (tsqlTable, error) {
	open := slices.IndexFunc(words, func(t sqlite.Token) bool { return t.Text == "(" })
	if open < 1 {
		return tsqlTable{}, incorrectSyntax(words)
	}
	t := tsqlTable{name: unquoted(words[open-1])}
	definitions := commas(words[open+1 : closing(words, open)])
	keyed := slices.ContainsFunc(definitions, func(d []sqlite.Token) bool { return sqlite.TopLevel(d, "primary") >= 0 })
	var parts []string
	for _, d := range definitions {
		sql, err := e.definition(&t, d, keyed)
		if err != nil {
			return t, err
		}
		parts = append(parts, sql)
	}
	t.sql = "create table " + sqlName(t.name).Text + " (" + strings.Join(parts, ", ") + ")"
	return t, nil
}

// addColumn translates "ALTER TABLE name ADD definition".
func (e *tsqlEnvironment) addColumn(words []sqlite.Token) (tsqlTable, error) {
	t := tsqlTable{name: unquoted(words[2])}
	sql, err := e.definition(&t, words[4:], true)
	t.sql = "alter table " + sqlName(t.name).Text + " add column " + sql
	return t, err
}

// definition translates the definition of a column or constraint. A table without any primary key gets one on its
// identity column, since SQLite numbers only such columns.
func (e *tsqlEnvironment) definition(t *tsqlTable, words []sqlite.Token, keyed bool) (string, error) {
	if len(words) < 2 {
		return "", incorrectSyntax(words)
	}
	if sqlite.TopLevel(words[:1], "constraint", "primary", "unique", "foreign", "check") == 0 {
		t.noteForeignKey(words)
		return joined(e.rewrite(withoutOptions(words))), nil
	}
	end := 1 + upTo(words[1:], "identity", "not", "null", "default", "constraint", "primary", "unique", "references", "check", "collate")
	kind, err := tsqlType(words[1:end])
	if err != nil {
		return "", serverError(2715, "Column, parameter, or variable #%d: Cannot find data type %s.", len(t.columns)+1, joined(words[1:end]))
	}
	rest := words[end:]
	column := tsqlColumn{unquoted(words[0]), kind, sqlite.TopLevel(rest, "identity") >= 0}
	t.columns = append(t.columns, column)
	name, primary := sqlName(column.name).Text, sqlite.TopLevel(rest, "primary") >= 0
	sql := name + " " + declaration(kind)
	switch {
	case column.identity && keyed:
		sql = name + " " + sqliteIdentityType
	case column.identity:
		sql = name + " " + sqliteIdentityType + " primary key"
	case primary && sqlite.TopLevel(rest, "not") < 0:
		sql += " not null" // SQLite's primary keys may be NULL
	}
	if kind.Size > 0 {
		rest = append(rest[:len(rest):len(rest)], raw(fmt.Sprintf("constraint %s check (length(%s) <= %d)", sqlName(lengthPrefix+column.name).Text, name, kind.Size)))
	}
	return sql + " " + joined(e.rewrite(withoutOptions(rest))), nil
}

// noteForeignKey notes "CONSTRAINT name FOREIGN KEY (columns) REFERENCES table (columns)".
func (t *tsqlTable) noteForeignKey(words []sqlite.Token) {
	i := sqlite.TopLevel(words, "references")
	if words[0].Is("constraint") && sqlite.TopLevel(words, "foreign") > 0 && i > 0 && i+1 < len(words) {
		t.foreign = append(t.foreign, struct{ name, referenced string }{unquoted(words[1]), unquoted(words[i+1])})
	}
}

// lengthPrefix begins the names of constraints that enforce a column's size, which SQLite does not do itself.
const lengthPrefix = "length of "

// declaration is the type as SQLite keeps it. Text is compared without case, as SQL Server's default collation does.
func declaration(kind tds.Type) string {
	sql := strings.ReplaceAll(kind.String(), "(max)", "("+strconv.Itoa(tds.Max)+")")
	if sqliteAffinity(kind) == "text" && strings.HasSuffix(kind.Name, "char") {
		sql += " collate nocase"
	}
	return sql
}

// withoutOptions drops what SQLite does not know: IDENTITY (1, 1), COLLATE name, CLUSTERED, NONCLUSTERED, WITH (...),
// OPTION (...), INCLUDE (...) and ON [PRIMARY].
func withoutOptions(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		t, next := words[i], sqlite.Token{}
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case (t.Is("with") || t.Is("option") || t.Is("include") || t.Is("identity")) && next.Text == "(":
			i = closing(words, i+1)
		case t.Is("default") && next.Kind == sqlite.Word && i+2 < len(words) && words[i+2].Text == "(": // a call, which SQLite wants in parentheses
			end := closing(words, i+2)
			out = slices.Concat(out, []sqlite.Token{t, raw("(")}, words[i+1:end+1], []sqlite.Token{raw(")")})
			i = end
		case t.Is("clustered") || t.Is("nonclustered") || t.Is("identity"):
		case t.Is("collate") || t.Is("on") && strings.EqualFold(unquoted(next), "primary"):
			i++
		default:
			out = append(out, t)
		}
	}
	return out
}
