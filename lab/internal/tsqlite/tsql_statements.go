package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

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
