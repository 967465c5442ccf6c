package lab

import "strings"

// nextMySQLToken splits SQL as MySQL's manual describes it ("Language Structure", chapter 11): strings in either
// quotes, with escapes, names in backquotes, comments that begin with # or with -- and a blank.
func nextMySQLToken(s string) (tokenKind, int) {
	switch c := s[0]; {
	case c == '#':
		return tokenSpace, span(s, func(c byte) bool { return c != '\n' })
	case strings.HasPrefix(s, "--") && len(s) > 2 && !isSpace(s[2]):
		return tokenSymbol, 1
	case c == '\'' || c == '"':
		return tokenString, mysqlQuoted(s, true)
	case c == '`':
		return tokenQuoted, mysqlQuoted(s, false)
	case (c == 'x' || c == 'X') && len(s) > 1 && s[1] == '\'': // bytes in hexadecimal digits
		return tokenNumber, 1 + mysqlQuoted(s[1:], false)
	case isDigit(c):
		return tokenNumber, mysqlNumber(s)
	case c == '?':
		return tokenParameter, 1
	case c == '$' || strings.HasPrefix(s, "::"):
		return tokenSymbol, 1
	}
	return nextToken(s)
}

// mysqlNumber is the length of the number with which s begins, such as 1, 1.5, 1e-5 or 0xff.
func mysqlNumber(s string) int {
	n := span(s, func(c byte) bool { return isDigit(c) || isLetter(c) || c == '.' })
	if n < len(s) && (s[n] == '-' || s[n] == '+') && (s[n-1] == 'e' || s[n-1] == 'E') && s[1] != 'x' {
		n++
		n += span(s[n:], isDigit)
	}
	return n
}

// mysqlQuoted is the length of the quoted text with which s begins. Its quote stands for itself where it is
// doubled or, if there are escapes, behind a backslash.
func mysqlQuoted(s string, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] != s[0]:
		case i+1 < len(s) && s[i+1] == s[0]:
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

// mysqlEscapes are the characters that a backslash gives another meaning (manual, "String Literals").
var mysqlEscapes = map[byte]byte{'0': 0, 'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': 26}

// mysqlText is the text of a string literal.
func mysqlText(quoted string) string {
	quote := quoted[0]
	var b strings.Builder
	for i := 1; i < len(quoted)-1; i++ {
		switch c := quoted[i]; {
		case c == '\\':
			i++
			if meant, ok := mysqlEscapes[quoted[i]]; ok {
				b.WriteByte(meant)
				continue
			}
			if strings.IndexByte("%_", quoted[i]) >= 0 { // they stay escaped, for LIKE
				b.WriteByte('\\')
			}
			b.WriteByte(quoted[i])
		case c == quote:
			i++
			b.WriteByte(quote)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// mysqlName is an identifier without its quotes.
func mysqlName(t token) string {
	if t.kind != tokenQuoted {
		return t.text
	}
	return strings.ReplaceAll(strings.Trim(t.text, "`"), "``", "`")
}
