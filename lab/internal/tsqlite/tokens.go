package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// tokenizeTSQL splits Transact-SQL. Unlike in PostgreSQL's SQL a name may be in brackets, N stands before a string,
// variables begin with @, and a quote that is doubled belongs to its string.
func tokenizeTSQL(sql string) []sqlite.Token { return sqlite.Cut(sql, nextTSQL) }

func nextTSQL(s string) (sqlite.Kind, int) {
	switch c := s[0]; {
	case c == '[':
		return sqlite.Quoted, quoted(s, 1, ']')
	case c == '"':
		return sqlite.Quoted, quoted(s, 1, '"')
	case c == '\'':
		return sqlite.String, quoted(s, 1, '\'')
	case (c == 'N' || c == 'n') && strings.HasPrefix(s[1:], "'"):
		return sqlite.String, quoted(s, 2, '\'')
	case c == '@' || c == '#':
		n := sqlite.Span(s, func(c byte) bool { return c == '@' || c == '#' })
		n += sqlite.Span(s[n:], func(c byte) bool { return sqlite.IsLetter(c) || sqlite.IsDigit(c) || c == '$' })
		if c == '#' {
			return sqlite.Word, n
		}
		return sqlite.Parameter, n
	case sqlite.IsDigit(c) || c == '.' && len(s) > 1 && sqlite.IsDigit(s[1]):
		return sqlite.Number, numberLength(s)
	}
	for _, operator := range []string{"<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/="} {
		if strings.HasPrefix(s, operator) {
			return sqlite.Symbol, len(operator)
		}
	}
	if s[0] == '$' || strings.HasPrefix(s, "::") {
		return sqlite.Symbol, 1
	}
	return sqlite.Next(s)
}

// quoted is the length of s up to and including the quote that ends it; from is where its content begins.
func quoted(s string, from int, end byte) int {
	for i := from; i < len(s); i++ {
		if s[i] != end {
			continue
		}
		if i+1 == len(s) || s[i+1] != end {
			return i + 1
		}
		i++
	}
	return len(s)
}

// numberLength is the length of a number: 1, 1.5, .5, 1e-5, 0x1F.
func numberLength(s string) int {
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		return 2 + sqlite.Span(s[2:], func(c byte) bool { return sqlite.IsDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' })
	}
	n := sqlite.Span(s, func(c byte) bool { return sqlite.IsDigit(c) || c == '.' })
	if rest := s[n:]; len(rest) > 0 && rest[0]|0x20 == 'e' {
		sign := 1
		if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
			sign = 2
		}
		if digits := sqlite.Span(rest[sign:], sqlite.IsDigit); digits > 0 {
			n += sign + digits
		}
	}
	return n
}

// unquoted is the content of a name or string.
func unquoted(t sqlite.Token) string {
	s := t.Text
	switch {
	case t.Kind == sqlite.Quoted && strings.HasPrefix(s, "["):
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], "]"), "]]", "]")
	case t.Kind == sqlite.Quoted:
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], `"`), `""`, `"`)
	case t.Kind == sqlite.String:
		_, s, _ = strings.Cut(s, "'")
		return strings.ReplaceAll(strings.TrimSuffix(s, "'"), "''", "'")
	}
	return s
}

// sqlName writes a name for SQLite.
func sqlName(name string) sqlite.Token {
	return sqlite.Token{Kind: sqlite.Quoted, Text: `"` + strings.ReplaceAll(name, `"`, `""`) + `"`}
}

// joined is the SQL of tokens without space between them.
func joined(words []sqlite.Token) string {
	texts := make([]string, len(words))
	for i, t := range words {
		texts[i] = t.Text
	}
	return strings.Join(texts, " ")
}

// raw is SQL for SQLite that needs no translation, as one token.
func raw(sql string) sqlite.Token { return sqlite.Token{Kind: sqlite.Symbol, Text: sql} }

// balanced tells whether all parentheses are closed, which everything below relies on.
func balanced(words []sqlite.Token) bool {
	depth := 0
	for _, t := range words {
		switch t.Text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

// closing is the index of the parenthesis that closes the one at i.
func closing(words []sqlite.Token, i int) int {
	depth := 0
	for j := i; j < len(words); j++ {
		switch words[j].Text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return len(words) - 1
}

// commas splits at the commas outside parentheses.
func commas(words []sqlite.Token) [][]sqlite.Token {
	var all [][]sqlite.Token
	start := 0
	for i := 0; i < len(words); i++ {
		switch words[i].Text {
		case "(":
			i = closing(words, i)
		case ",":
			all = append(all, words[start:i])
			start = i + 1
		}
	}
	if start < len(words) || len(all) > 0 {
		all = append(all, words[start:])
	}
	return all
}

// tsqlStarts are the keywords that begin a statement, wherever they are not part of another one.
var tsqlStarts = []string{
	"select", "insert", "update", "delete", "merge", "set", "create", "drop", "alter", "truncate", "begin", "commit",
	"rollback", "save", "use", "print", "waitfor", "raiserror", "throw", "exec", "execute", "if", "else", "declare",
	"grant", "revoke", "deny",
}

// tsqlStatements splits a batch into statements, without space and comments. Transact-SQL needs no semicolon
// between them.
func tsqlStatements(batch string) [][]sqlite.Token {
	var all [][]sqlite.Token
	for _, part := range sqlite.Statements(tokenizeTSQL(batch)) {
		words := sqlite.Significant(part)
		start := 0
		for i := 1; i < len(words); i++ {
			switch {
			case words[i].Text == "(":
				i = closing(words, i)
			case begins(words[start:i], words[i]):
				all = append(all, words[start:i])
				start = i
			}
		}
		all = append(all, words[start:])
	}
	return all
}

// begins tells whether word begins a statement after the words of one that has begun.
func begins(before []sqlite.Token, word sqlite.Token) bool {
	if word.Kind != sqlite.Word || !slices.Contains(tsqlStarts, strings.ToLower(word.Text)) {
		return false
	}
	verb, last := before[0], before[len(before)-1]
	has := func(keywords ...string) bool {
		return slices.ContainsFunc(keywords, func(k string) bool { return sqlite.TopLevel(before, k) >= 0 })
	}
	follows := func(keywords ...string) bool { return slices.ContainsFunc(keywords, last.Is) }
	if verb.Is("grant") || verb.Is("revoke") || verb.Is("deny") { // what follows may be the names of rights
		return follows("public") || last.Kind == sqlite.Quoted
	}
	unfinished := verb.Is("with") && !has("select", "insert", "update", "delete") || verb.Is("merge")
	switch strings.ToLower(word.Text) {
	case "select":
		return !unfinished && !follows("union", "all", "except", "intersect", "as") && (!verb.Is("insert") || has("select", "values"))
	case "insert":
		return !unfinished
	case "update", "delete":
		return !unfinished && !follows("on")
	case "set":
		inUpdate := verb.Is("update") || verb.Is("with") && has("update")
		return !unfinished && !follows("delete", "update") && (!inUpdate || has("set"))
	case "drop", "alter":
		return !verb.Is("alter")
	case "exec", "execute":
		return !verb.Is("insert")
	case "else":
		return sqlite.TopLevel(before, "case") < 0
	case "if":
		return !follows("table", "index", "view", "column", "constraint")
	}
	return true
}
