package lab

import "strings"

// tokenKind tells what a piece of SQL is, as far as the translation for SQLite needs to know.
type tokenKind uint8

const (
	tokenSpace  tokenKind = iota + 1 // white space and comments
	tokenWord                        // a keyword or an identifier without quotes
	tokenQuoted                      // "an identifier"
	tokenString                      // 'a string' or $$a string$$
	tokenNumber
	tokenParameter // $1
	tokenCast      // ::
	tokenSymbol    // any other single byte
)

type token struct {
	kind tokenKind
	text string
}

// is reports whether the token is that keyword, given in lower case.
func (t token) is(keyword string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, keyword)
}

// tokenize splits SQL as PostgreSQL's manual describes its lexical structure ("SQL Syntax", section 4.1).
// A string, comment or identifier without an end extends to the end of the text. Concatenating the tokens'
// texts gives the input again.
func tokenize(sql string) []token { return cut(sql, nextToken) }

// cut splits SQL into tokens, of which next finds the first.
func cut(sql string, next func(string) (tokenKind, int)) []token {
	var tokens []token
	for len(sql) > 0 {
		kind, n := next(sql)
		tokens = append(tokens, token{kind, sql[:n]})
		sql = sql[n:]
	}
	return tokens
}

func nextToken(s string) (tokenKind, int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, "--"):
		return tokenSpace, span(s, func(c byte) bool { return c != '\n' })
	case strings.HasPrefix(s, "/*"):
		return tokenSpace, until(s, 2, "*/")
	case isSpace(c):
		return tokenSpace, span(s, isSpace)
	case c == '\'':
		return tokenString, until(s, 1, "'")
	case c == '"':
		return tokenQuoted, until(s, 1, `"`)
	case strings.HasPrefix(s, "::"):
		return tokenCast, 2
	case c == '$':
		return dollar(s)
	case isDigit(c):
		return tokenNumber, span(s, func(c byte) bool { return isDigit(c) || c == '.' })
	case isLetter(c):
		return tokenWord, span(s, func(c byte) bool { return isLetter(c) || isDigit(c) })
	default:
		return tokenSymbol, 1
	}
}

// dollar reads a parameter ($1) or a dollar-quoted string ($$...$$, $tag$...$tag$).
func dollar(s string) (tokenKind, int) {
	if n := 1 + span(s[1:], isDigit); n > 1 {
		return tokenParameter, n
	}
	tag := 1 + span(s[1:], func(c byte) bool { return isLetter(c) || isDigit(c) })
	if tag == len(s) || s[tag] != '$' {
		return tokenSymbol, 1
	}
	tag++
	return tokenString, until(s, tag, s[:tag])
}

// until is the length of s up to and including the next end at or after from. A doubled quote inside quotes
// begins a second token of the same kind, which is all the same to the translation.
func until(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

func span(s string, accept func(byte) bool) int {
	n := 0
	for n < len(s) && accept(s[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter: everything beyond ASCII counts, as in PostgreSQL.
func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// significant drops space and comments.
func significant(tokens []token) []token {
	var out []token
	for _, t := range tokens {
		if t.kind != tokenSpace {
			out = append(out, t)
		}
	}
	return out
}

// statements splits at the semicolons and drops what is empty.
func statements(tokens []token) [][]token {
	var all [][]token
	var current []token
	for _, t := range append(tokens, token{tokenSymbol, ";"}) {
		if t.text != ";" {
			current = append(current, t)
			continue
		}
		if len(significant(current)) > 0 {
			all = append(all, current)
		}
		current = nil
	}
	return all
}

// text is the SQL of the tokens.
func text(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return b.String()
}
