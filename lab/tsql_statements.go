package lab

import (
	"slices"
	"strings"
)

// tsqlStarts are the keywords that begin a statement, wherever they are not part of another one.
var tsqlStarts = []string{
	"select", "insert", "update", "delete", "merge", "set", "create", "drop", "alter", "truncate", "begin", "commit",
	"rollback", "save", "use", "print", "waitfor", "raiserror", "throw", "exec", "execute", "if", "else", "declare",
	"grant", "revoke", "deny",
}

// tsqlStatements splits a batch into statements, without space and comments. Transact-SQL needs no semicolon
// between them.
func tsqlStatements(batch string) [][]token {
	var all [][]token
	for _, part := range statements(tokenizeTSQL(batch)) {
		words := significant(part)
		start := 0
		for i := 1; i < len(words); i++ {
			switch {
			case words[i].text == "(":
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
func begins(before []token, word token) bool {
	if word.kind != tokenWord || !slices.Contains(tsqlStarts, strings.ToLower(word.text)) {
		return false
	}
	verb, last := before[0], before[len(before)-1]
	has := func(keywords ...string) bool {
		return slices.ContainsFunc(keywords, func(k string) bool { return topLevel(before, k) >= 0 })
	}
	follows := func(keywords ...string) bool { return slices.ContainsFunc(keywords, last.is) }
	if verb.is("grant") || verb.is("revoke") || verb.is("deny") { // what follows may be the names of rights
		return follows("public") || last.kind == tokenQuoted
	}
	unfinished := verb.is("with") && !has("select", "insert", "update", "delete") || verb.is("merge")
	switch strings.ToLower(word.text) {
	case "select":
		return !unfinished && !follows("union", "all", "except", "intersect", "as") && (!verb.is("insert") || has("select", "values"))
	case "insert":
		return !unfinished
	case "update", "delete":
		return !unfinished && !follows("on")
	case "set":
		inUpdate := verb.is("update") || verb.is("with") && has("update")
		return !unfinished && !follows("delete", "update") && (!inUpdate || has("set"))
	case "drop", "alter":
		return !verb.is("alter")
	case "exec", "execute":
		return !verb.is("insert")
	case "else":
		return topLevel(before, "case") < 0
	case "if":
		return !follows("table", "index", "view", "column", "constraint")
	}
	return true
}
