package lab

import (
	"slices"
	"strconv"
	"strings"
)

// statement is one SQL statement of a client, translated for SQLite.
type statement struct {
	verb       string   // what it does, in lower case: "select", "insert", "create table", "begin", ...
	sql        string   // for SQLite
	rows       bool     // it returns rows
	describe   string   // for RETURNING: a query of no rows with the same columns
	parameters []string // the type that each parameter is cast to, or ""
	words      []token  // the client's own tokens, without space and comments
}

// speaker is what a session knows about itself, for current_user and the like.
type speaker struct{ user, database, version string }

// constant is a word or call that has the same value for the whole session.
type constant struct{ word, value string }

// constants are what translate replaces by a string, and what columnName names a column after: the first with
// its value.
func (s speaker) constants() []constant {
	return []constant{
		{"current_user", s.user}, {"session_user", s.user}, {"current_role", s.user},
		{"version()", s.version},
		{"current_database()", s.database}, {"current_catalog", s.database},
		{"current_schema()", "public"}, {"current_schema", "public"},
	}
}

// literal writes a string constant.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// translate makes SQLite's SQL of PostgreSQL's, as far as the two differ in what small programs write: $1
// parameters, casts, serial and identity columns, current_user, version(), now().
func translate(tokens []token, who speaker) statement {
	words := significant(tokens)
	st := statement{words: words, verb: verbOf(words)}
	tokens = who.replaceConstants(tokens)
	if st.verb == "create table" {
		tokens = translateColumns(tokens)
	}
	tokens = st.translateCasts(tokens)
	st.sql = strings.TrimSpace(text(tokens))
	st.rows = slices.Contains([]string{"select", "values", "explain"}, st.verb)
	if i := topLevel(tokens, "returning"); i >= 0 {
		st.rows = true
		st.describe = "select " + text(tokens[i+1:]) + " from " + target(tokens) + " limit 0"
	}
	return st
}

// verbOf names the statement after its first keyword; WITH after the statement it leads to.
func verbOf(words []token) string {
	verb := strings.ToLower(words[0].text)
	switch {
	case verb == "create" && len(words) > 1:
		return verb + " " + strings.ToLower(words[1].text)
	case verb == "with":
		for _, v := range []string{"insert", "update", "delete", "select", "values"} {
			if topLevel(words, v) >= 0 {
				return v
			}
		}
	}
	return verb
}

// topLevel is the index of the first such keyword outside parentheses, or -1.
func topLevel(tokens []token, keyword string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.text == "(":
			depth++
		case t.text == ")":
			depth--
		case depth == 0 && t.is(keyword):
			return i
		}
	}
	return -1
}

// target is the table that INSERT INTO, UPDATE or DELETE FROM names.
func target(tokens []token) string {
	words := significant(tokens)
	i := slices.IndexFunc(words, func(t token) bool { return t.is("into") || t.is("update") || t.is("from") })
	if i < 0 || i+1 == len(words) {
		return ""
	}
	if i+3 < len(words) && words[i+2].text == "." {
		return text(words[i+1 : i+4])
	}
	return words[i+1].text
}

// replaceConstants puts the session's constants and SQLite's spelling of now() in.
func (s speaker) replaceConstants(tokens []token) []token {
	constants := s.constants()
	var out []token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		name, length := strings.ToLower(t.text), 1
		if i+2 < len(tokens) && tokens[i+1].text == "(" && tokens[i+2].text == ")" {
			name, length = name+"()", 3
		}
		known := slices.IndexFunc(constants, func(c constant) bool { return c.word == name })
		switch {
		case t.kind == tokenWord && name == "now()":
			t = token{tokenWord, "current_timestamp"}
		case t.kind == tokenWord && known >= 0:
			t = token{tokenString, literal(constants[known].value)}
		default:
			length = 1
		}
		out = append(out, t)
		i += length - 1
	}
	return out
}

// translateColumns makes serial and identity columns INTEGER, which SQLite numbers itself when it is the
// primary key.
func translateColumns(tokens []token) []token {
	var out []token
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.is("serial") || t.is("bigserial") || t.is("smallserial"):
			out = append(out, token{tokenWord, "integer"})
		case t.is("generated"):
			end := slices.IndexFunc(tokens[i:], func(t token) bool { return t.is("identity") })
			if end < 0 {
				out = append(out, t)
				continue
			}
			if last := lastWord(out); last >= 0 {
				out[last] = token{tokenWord, "integer"}
			}
			i += end
		default:
			out = append(out, t)
		}
	}
	return out
}

func lastWord(tokens []token) int {
	for i, t := range slices.Backward(tokens) {
		if t.kind == tokenWord {
			return i
		}
	}
	return -1
}

// translateCasts writes parameters as ?1 and value::type as a CAST. A cast of anything but a single token is
// dropped: SQLite finds a value's type when it computes it.
func (st *statement) translateCasts(tokens []token) []token {
	var out []token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.kind == tokenParameter {
			st.parameter(t.text, "")
			t.text = "?" + t.text[1:]
		}
		if t.kind != tokenCast {
			out = append(out, t)
			continue
		}
		name, length := typeName(tokens[i+1:])
		i += length
		if len(out) == 0 {
			continue
		}
		last := &out[len(out)-1]
		if last.kind == tokenParameter {
			st.parameter(last.text, name)
		}
		if slices.Contains([]tokenKind{tokenParameter, tokenString, tokenNumber, tokenWord}, last.kind) {
			last.text = "cast(" + last.text + " as " + affinity(name) + ")"
		}
	}
	return out
}

// parameter notes parameter "$1" or "?1" and the type it is cast to.
func (st *statement) parameter(word, typ string) {
	n, err := strconv.Atoi(word[1:])
	if err != nil || n < 1 || n > 65535 { // SQLite will refuse it
		return
	}
	if n > len(st.parameters) {
		st.parameters = append(st.parameters, make([]string, n-len(st.parameters))...)
	}
	if typ != "" {
		st.parameters[n-1] = typ
	}
}

// typeName reads a type's name after "::" and says how many tokens it has: int, varchar(10), double precision.
func typeName(tokens []token) (name string, length int) {
	words := 0
	for i, t := range tokens {
		switch {
		case words == 0 && t.kind == tokenWord:
			name, length, words = strings.ToLower(t.text), i+1, 1
		case words == 1 && t.is("precision"):
			return name, i + 1
		case t.kind == tokenSpace:
		case t.text == "(" && length == i:
			end := slices.IndexFunc(tokens[i:], func(t token) bool { return t.text == ")" })
			return name, i + max(end, 0) + 1
		default:
			return name, length
		}
	}
	return name, length
}
