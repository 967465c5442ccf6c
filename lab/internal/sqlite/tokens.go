package sqlite

import (
	"slices"
	"strings"
)

// Kind tells what a piece of SQL is, as far as the translation for SQLite needs to know.
type Kind uint8

const (
	Space  Kind = iota + 1 // white space and comments
	Word                   // a keyword or an identifier without quotes
	Quoted                 // "an identifier"
	String                 // 'a string' or $$a string$$
	Number
	Parameter // $1
	Cast      // ::
	Symbol    // any other single byte
)

// Token is a piece of SQL.
type Token struct {
	Kind Kind
	Text string
}

// Is reports whether the token is that keyword, given in lower case.
func (t Token) Is(keyword string) bool {
	return t.Kind == Word && strings.EqualFold(t.Text, keyword)
}

// Tokenize splits SQL as PostgreSQL's manual describes its lexical structure ("SQL Syntax", section 4.1).
// A string, comment or identifier without an end extends to the end of the text. Concatenating the tokens'
// texts gives the input again.
func Tokenize(sql string) []Token { return Cut(sql, Next) }

// Cut splits SQL into tokens, of which next finds the first.
func Cut(sql string, next func(string) (Kind, int)) []Token {
	var tokens []Token
	for len(sql) > 0 {
		kind, n := next(sql)
		tokens = append(tokens, Token{kind, sql[:n]})
		sql = sql[n:]
	}
	return tokens
}

// Next is the kind and the length of the first token of s, which is not empty.
func Next(s string) (Kind, int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, "--"):
		return Space, Span(s, func(c byte) bool { return c != '\n' })
	case strings.HasPrefix(s, "/*"):
		return Space, until(s, 2, "*/")
	case isSpace(c):
		return Space, Span(s, isSpace)
	case c == '\'':
		return String, until(s, 1, "'")
	case c == '"':
		return Quoted, until(s, 1, `"`)
	case strings.HasPrefix(s, "::"):
		return Cast, 2
	case c == '$':
		return dollar(s)
	case IsDigit(c):
		return Number, Span(s, func(c byte) bool { return IsDigit(c) || c == '.' })
	case IsLetter(c):
		return Word, Span(s, func(c byte) bool { return IsLetter(c) || IsDigit(c) })
	default:
		return Symbol, 1
	}
}

// dollar reads a parameter ($1) or a dollar-quoted string ($$...$$, $tag$...$tag$).
func dollar(s string) (Kind, int) {
	if n := 1 + Span(s[1:], IsDigit); n > 1 {
		return Parameter, n
	}
	tag := 1 + Span(s[1:], func(c byte) bool { return IsLetter(c) || IsDigit(c) })
	if tag == len(s) || s[tag] != '$' {
		return Symbol, 1
	}
	tag++
	return String, until(s, tag, s[:tag])
}

// until is the length of s up to and including the next end at or after from. A doubled quote inside quotes
// begins a second Token of the same Kind, which is all the same to the translation.
func until(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// Span is the length of the beginning of s whose bytes accept likes.
func Span(s string, accept func(byte) bool) int {
	n := 0
	for n < len(s) && accept(s[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// IsDigit tells whether c is a digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsLetter: everything beyond ASCII counts, as in PostgreSQL.
func IsLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// Significant drops space and comments.
func Significant(tokens []Token) []Token {
	var out []Token
	for _, t := range tokens {
		if t.Kind != Space {
			out = append(out, t)
		}
	}
	return out
}

// Statements splits at the semicolons and drops what is empty.
func Statements(tokens []Token) [][]Token {
	var all [][]Token
	var current []Token
	for _, t := range append(tokens, Token{Symbol, ";"}) {
		if t.Text != ";" {
			current = append(current, t)
			continue
		}
		if len(Significant(current)) > 0 {
			all = append(all, current)
		}
		current = nil
	}
	return all
}

// SQL is the text of the tokens.
func SQL(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.Text)
	}
	return b.String()
}

// Literal writes a string constant.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// TopLevel is the index of the first such keyword outside parentheses, or -1.
func TopLevel(tokens []Token, keyword string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && t.Is(keyword):
			return i
		}
	}
	return -1
}

// VerbOf names the statement after its first keyword; WITH after the statement it leads to.
func VerbOf(words []Token) string {
	verb := strings.ToLower(words[0].Text)
	switch {
	case verb == "create" && len(words) > 1:
		return verb + " " + strings.ToLower(words[1].Text)
	case verb == "with":
		for _, v := range []string{"insert", "update", "delete", "select", "values"} {
			if TopLevel(words, v) >= 0 {
				return v
			}
		}
	}
	return verb
}

// Target is the table that INSERT INTO, UPDATE or DELETE FROM names.
func Target(tokens []Token) string {
	words := Significant(tokens)
	i := slices.IndexFunc(words, func(t Token) bool { return t.Is("into") || t.Is("update") || t.Is("from") })
	if i < 0 || i+1 == len(words) {
		return ""
	}
	if i+3 < len(words) && words[i+2].Text == "." {
		return SQL(words[i+1 : i+4])
	}
	return words[i+1].Text
}
