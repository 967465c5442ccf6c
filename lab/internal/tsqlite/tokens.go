package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

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

// columnList writes the names of columns in parentheses.
func columnList(columns []string) sqlite.Token {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = sqlName(c).Text
	}
	return raw("(" + strings.Join(names, ", ") + ")")
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

// keywords are the words of a text.
func keywords(text string) (words []sqlite.Token) {
	for _, w := range strings.Fields(text) {
		words = append(words, sqlite.Token{Kind: sqlite.Word, Text: w})
	}
	return words
}

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
	for j := i + 1; j < len(words); j++ {
		switch words[j].Text {
		case "(":
			j = closing(words, j)
		case ")":
			return j
		}
	}
	return len(words) - 1
}

// stripped takes the parentheses around an expression off.
func stripped(words []sqlite.Token) []sqlite.Token {
	for len(words) > 1 && words[0].Text == "(" && closing(words, 0) == len(words)-1 {
		words = words[1 : len(words)-1]
	}
	return words
}

// upTo is the index of the first of the keywords or symbols outside parentheses, or the number of words.
func upTo(words []sqlite.Token, keywords ...string) int {
	if i := sqlite.TopLevel(words, keywords...); i >= 0 {
		return i
	}
	return len(words)
}

// clauses cuts a statement at phrases outside parentheses, of which those that are there come in this order: what
// follows each of them up to the next.
func clauses(words []sqlite.Token, phrases ...string) [][]sqlite.Token {
	parts := make([][]sqlite.Token, len(phrases))
	open := -1
	for p, phrase := range phrases {
		keywords := strings.Fields(phrase)
		for i := 0; i+len(keywords) <= len(words); i++ {
			if words[i].Text == "(" {
				i = closing(words, i)
			} else if slices.EqualFunc(words[i:i+len(keywords)], keywords, sqlite.Token.Is) {
				if open >= 0 {
					parts[open] = words[:i]
				}
				open, words = p, words[i+len(keywords):]
				break
			}
		}
	}
	if open >= 0 {
		parts[open] = words
	}
	return parts
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
	for _, part := range sqlite.Statements(sqlite.Tokenize(batch)) {
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
	has := func(keywords ...string) bool { return sqlite.TopLevel(before, keywords...) >= 0 }
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
		return !has("case")
	case "if":
		return !follows("table", "index", "view", "column", "constraint")
	}
	return true
}
