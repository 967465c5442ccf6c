package sqlite

import (
	"slices"
	"strings"
)

// Kind tells what a piece of SQL is, as far as the translation for SQLite needs to know.
type Kind uint8

const (
	Space     Kind = iota + 1 // white space and comments
	Word                      // a keyword or an identifier without quotes
	Quoted                    // "an identifier" or [an identifier]
	String                    // 'a string', N'a string' or $$a string$$
	Number                    // 1, .5e-3 or 0x1F
	Parameter                 // $1 or @name
	Symbol                    // an operator, or any other single byte
)

// Token is a piece of SQL.
type Token struct {
	Kind Kind
	Text string
	Type string // of the value that a translated expression has, if it is known
}

// Is reports whether the token is that keyword, given in lower case.
func (t Token) Is(keyword string) bool {
	return t.Kind == Word && strings.EqualFold(t.Text, keyword)
}

// operators are those of several bytes.
var operators = []string{"::", "<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/="}

// Tokenize splits the SQL of PostgreSQL (section 4.1 of its manual, "SQL Syntax") or SQL Server, as far as they do not
// contradict each other. A string, comment or identifier without an end extends to the end of the text. Concatenating
// the tokens' texts gives the input again.
func Tokenize(sql string) []Token {
	var tokens []Token
	for len(sql) > 0 {
		kind, n := next(sql)
		tokens = append(tokens, Token{Kind: kind, Text: sql[:n]})
		sql = sql[n:]
	}
	return tokens
}

// next is the kind and the length of the first token of s, which is not empty.
func next(s string) (Kind, int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, "--"):
		return Space, span(s, func(c byte) bool { return c != '\n' })
	case strings.HasPrefix(s, "/*"):
		return Space, until(s, 2, "*/")
	case isSpace(c):
		return Space, span(s, isSpace)
	case c == '\'':
		return String, quoted(s, 1, c)
	case (c == 'N' || c == 'n') && strings.HasPrefix(s[1:], "'"):
		return String, quoted(s, 2, '\'')
	case c == '"':
		return Quoted, quoted(s, 1, c)
	case c == '[':
		return Quoted, quoted(s, 1, ']')
	case c == '$':
		return dollar(s)
	case c == '@':
		n := span(s, func(c byte) bool { return c == '@' })
		return Parameter, n + span(s[n:], isNamePart)
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return Number, numberLength(s)
	case c == '#' || isLetter(c):
		return Word, 1 + span(s[1:], isNamePart)
	}
	for _, operator := range operators {
		if strings.HasPrefix(s, operator) {
			return Symbol, len(operator)
		}
	}
	return Symbol, 1
}

// quoted is the length of s up to and including the quote that ends it, which is not doubled; from is where its
// content begins.
func quoted(s string, from int, end byte) int {
	for i := from; i < len(s); i++ {
		switch {
		case s[i] != end:
		case i+1 < len(s) && s[i+1] == end:
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

// numberLength is the length of a number with a fraction, an exponent, or in base 16.
func numberLength(s string) int {
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		return 2 + span(s[2:], func(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' })
	}
	n := span(s, func(c byte) bool { return isDigit(c) || c == '.' })
	if rest := s[n:]; len(rest) > 0 && rest[0]|0x20 == 'e' {
		sign := 1
		if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
			sign = 2
		}
		if digits := span(rest[sign:], isDigit); digits > 0 {
			n += sign + digits
		}
	}
	return n
}

// dollar reads a parameter ($1) or a dollar-quoted string ($$...$$, $tag$...$tag$).
func dollar(s string) (Kind, int) {
	if n := 1 + span(s[1:], isDigit); n > 1 {
		return Parameter, n
	}
	tag := 1 + span(s[1:], isNamePart)
	if tag == len(s) || s[tag] != '$' {
		return Symbol, 1
	}
	tag++
	return String, until(s, tag, s[:tag])
}

// until is the length of s up to and including the next end at or after from.
func until(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// span is the length of the beginning of s whose bytes are accepted.
func span(s string, accept func(byte) bool) int {
	n := 0
	for n < len(s) && accept(s[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\n\r\f", c) >= 0 }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter: everything beyond ASCII counts, as in PostgreSQL.
func isLetter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }

func isNamePart(c byte) bool { return isLetter(c) || isDigit(c) }

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
	for _, t := range append(tokens, Token{Kind: Symbol, Text: ";"}) {
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

// TopLevel is the index of the first of the keywords or symbols outside parentheses, or -1.
func TopLevel(tokens []Token, keywords ...string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && (t.Kind == Word || t.Kind == Symbol) && slices.Contains(keywords, strings.ToLower(t.Text)):
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
		if i := TopLevel(words, "insert", "update", "delete", "select", "values"); i >= 0 {
			return strings.ToLower(words[i].Text)
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
