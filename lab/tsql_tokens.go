package lab

import "strings"

// tokenizeTSQL splits Transact-SQL. Unlike in PostgreSQL's SQL a name may be in brackets, N stands before a string,
// variables begin with @, and a quote that is doubled belongs to its string.
func tokenizeTSQL(sql string) []token { return cut(sql, nextTSQL) }

func nextTSQL(s string) (tokenKind, int) {
	switch c := s[0]; {
	case c == '[':
		return tokenQuoted, quoted(s, 1, ']')
	case c == '"':
		return tokenQuoted, quoted(s, 1, '"')
	case c == '\'':
		return tokenString, quoted(s, 1, '\'')
	case (c == 'N' || c == 'n') && strings.HasPrefix(s[1:], "'"):
		return tokenString, quoted(s, 2, '\'')
	case c == '@' || c == '#':
		n := span(s, func(c byte) bool { return c == '@' || c == '#' })
		n += span(s[n:], func(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' })
		if c == '#' {
			return tokenWord, n
		}
		return tokenParameter, n
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return tokenNumber, numberLength(s)
	}
	for _, operator := range []string{"<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/="} {
		if strings.HasPrefix(s, operator) {
			return tokenSymbol, len(operator)
		}
	}
	if s[0] == '$' || strings.HasPrefix(s, "::") {
		return tokenSymbol, 1
	}
	return nextToken(s)
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

// unquoted is the content of a name or string.
func unquoted(t token) string {
	s := t.text
	switch {
	case t.kind == tokenQuoted && strings.HasPrefix(s, "["):
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], "]"), "]]", "]")
	case t.kind == tokenQuoted:
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], `"`), `""`, `"`)
	case t.kind == tokenString:
		_, s, _ = strings.Cut(s, "'")
		return strings.ReplaceAll(strings.TrimSuffix(s, "'"), "''", "'")
	}
	return s
}

// sqlName writes a name for SQLite.
func sqlName(name string) token {
	return token{tokenQuoted, `"` + strings.ReplaceAll(name, `"`, `""`) + `"`}
}

// joined is the SQL of tokens without space between them.
func joined(words []token) string {
	texts := make([]string, len(words))
	for i, t := range words {
		texts[i] = t.text
	}
	return strings.Join(texts, " ")
}

// raw is SQL for SQLite that needs no translation, as one token.
func raw(sql string) token { return token{tokenSymbol, sql} }

// balanced tells whether all parentheses are closed, which everything below relies on.
func balanced(words []token) bool {
	depth := 0
	for _, t := range words {
		switch t.text {
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
func closing(words []token, i int) int {
	depth := 0
	for j := i; j < len(words); j++ {
		switch words[j].text {
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
func commas(words []token) [][]token {
	var all [][]token
	start := 0
	for i := 0; i < len(words); i++ {
		switch words[i].text {
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
