package pgsqlite

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// statement is one SQL statement of a client, translated for SQLite.
type statement struct {
	verb       string         // what it does, in lower case: "select", "insert", "create table", "begin", ...
	sql        string         // for SQLite
	rows       bool           // it returns rows
	describe   string         // for RETURNING: a query of no rows with the same columns
	parameters []string       // the type that each parameter is cast to, or ""
	words      []sqlite.Token // the client's own tokens, without space and comments
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

// translate makes SQLite's SQL of PostgreSQL's, as far as the two differ in what small programs write: $1
// parameters, casts, serial and identity columns, current_user, version(), now().
func translate(tokens []sqlite.Token, who speaker) statement {
	words := sqlite.Significant(tokens)
	st := statement{words: words, verb: sqlite.VerbOf(words)}
	tokens = who.replaceConstants(tokens)
	if st.verb == "create table" {
		tokens = translateColumns(tokens)
	}
	tokens = st.translateCasts(tokens)
	st.sql = strings.TrimSpace(sqlite.SQL(tokens))
	st.rows = slices.Contains([]string{"select", "values", "explain"}, st.verb)
	if i := sqlite.TopLevel(tokens, "returning"); i >= 0 {
		st.rows = true
		st.describe = "select " + sqlite.SQL(tokens[i+1:]) + " from " + sqlite.Target(tokens) + " limit 0"
	}
	return st
}

// replaceConstants puts the session's constants and SQLite's spelling of now() in.
func (s speaker) replaceConstants(tokens []sqlite.Token) []sqlite.Token {
	constants := s.constants()
	var out []sqlite.Token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		name, length := strings.ToLower(t.Text), 1
		if i+2 < len(tokens) && tokens[i+1].Text == "(" && tokens[i+2].Text == ")" {
			name, length = name+"()", 3
		}
		known := slices.IndexFunc(constants, func(c constant) bool { return c.word == name })
		switch {
		case t.Kind == sqlite.Word && name == "now()":
			t = sqlite.Token{Kind: sqlite.Word, Text: "current_timestamp"}
		case t.Kind == sqlite.Word && known >= 0:
			t = sqlite.Token{Kind: sqlite.String, Text: sqlite.Literal(constants[known].value)}
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
func translateColumns(tokens []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	last := -1 // the last word of out
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.Is("serial") || t.Is("bigserial") || t.Is("smallserial"):
			out = append(out, sqlite.Token{Kind: sqlite.Word, Text: "integer"})
		case t.Is("generated"):
			end := slices.IndexFunc(tokens[i:], func(t sqlite.Token) bool { return t.Is("identity") })
			if end < 0 {
				out = append(out, t)
				continue
			}
			if last >= 0 { // the type
				out[last].Text = "integer"
			}
			i += end
		default:
			if t.Kind == sqlite.Word {
				last = len(out)
			}
			out = append(out, t)
		}
	}
	return out
}

// translateCasts writes parameters as ?1 and value::type as a CAST. A cast of anything but a single token is
// dropped: SQLite finds a value's type when it computes it.
func (st *statement) translateCasts(tokens []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.Kind == sqlite.Parameter && t.Text[0] == '$' {
			st.parameter(t.Text, "")
			t.Text = "?" + t.Text[1:]
		}
		if t.Text != "::" {
			out = append(out, t)
			continue
		}
		match := typePattern.FindStringSubmatch(sqlite.SQL(tokens[i+1:]))
		name := strings.ToLower(match[1])
		for length := len(match[0]); length > 0; length -= len(tokens[i].Text) {
			i++
		}
		if len(out) == 0 {
			continue
		}
		last := &out[len(out)-1]
		if last.Kind == sqlite.Parameter {
			st.parameter(last.Text, name)
		}
		if slices.Contains([]sqlite.Kind{sqlite.Parameter, sqlite.String, sqlite.Number, sqlite.Word}, last.Kind) {
			last.Text = "cast(" + last.Text + " as " + typeOf(name).affinity + ")"
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

// typePattern is a type's name after "::", such as int, varchar(10), double precision.
var typePattern = regexp.MustCompile(`^(?:\s*(\pL\w*)(?:\s+precision\b)?(?:\s*\([^)]*\))?)?`)
