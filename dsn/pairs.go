package dsn

import (
	"slices"
	"strings"
)

// This file reads pairs joined by semicolons whose values may be quoted; other
// values are trimmed.
//
// ADO.NET strings are read as System.Data.Common's DbConnectionStringBuilder does,
// but an unquoted value may end with a quote. ODBC strings are read as
// SQLDriverConnect defines them, but if a key is given twice the last value counts,
// as in every dialect here, where ODBC takes the first.

// quoting is how a dialect quotes values: anything may stand between an opening
// mark and the closing one, which is doubled in the value.
type quoting struct {
	marks      string // pairs of an opening and a closing mark
	noEquals   string // the errors
	unclosed   string
	notAtClose string
}

var (
	adoQuoting = quoting{
		marks:      `""''`,
		noEquals:   `no "=" after a key (quote a value that holds semicolons)`,
		unclosed:   "a quoted value without its end",
		notAtClose: "a semicolon is missing after a quoted value",
	}
	odbcQuoting = quoting{
		marks:      "{}",
		noEquals:   `no "=" after a key (put a value that holds semicolons in braces)`,
		unclosed:   "a value in braces without its end",
		notAtClose: `a semicolon is missing after a value in braces (write a "}" in it twice)`,
	}
)

func splitADO(s string, start int) ([]pair, error) { return adoQuoting.split(s, start) }

func splitODBC(s string, start int) ([]pair, error) { return odbcQuoting.split(s, start) }

// split cuts what begins at start. With an error it returns the pairs before it.
func (q *quoting) split(s string, start int) ([]pair, error) {
	var pairs []pair
	for i := skip(s, start, true); i < len(s); i = skip(s, i, true) {
		eq := strings.IndexByte(s[i:], '=')
		if eq < 0 || strings.IndexByte(s[i:i+eq], ';') >= 0 {
			return pairs, syntaxError(i, q.noEquals)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i}
		p.pos = skip(s, i+eq+1, false)
		var wrong string
		if p.value, i, wrong = q.scan(s, p.pos); wrong != "" {
			return pairs, p.valueError(wrong)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// scan reads the value that begins at i and returns it with the index of the
// semicolon or the end that follows, or what is wrong with it.
func (q *quoting) scan(s string, i int) (value string, end int, wrong string) {
	mark := -1
	if i < len(s) {
		mark = strings.IndexByte(q.marks, s[i])
	}
	if mark < 0 || mark%2 != 0 { // a closing mark opens nothing
		end = len(s)
		if n := strings.IndexByte(s[i:], ';'); n >= 0 {
			end = i + n
		}
		return trimBlanks(s[i:end]), end, ""
	}
	closing := q.marks[mark+1]
	var b strings.Builder
	for i++; ; i++ {
		switch {
		case i >= len(s):
			return "", i, q.unclosed
		case s[i] != closing:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == closing:
			b.WriteByte(closing)
			i++
		default:
			end = skip(s, i+1, false)
			if end < len(s) && s[end] != ';' {
				return "", end, q.notAtClose
			}
			return b.String(), end, ""
		}
	}
}

// skip returns the index of the first byte from i that is no separator.
func skip(s string, i int, semicolons bool) int {
	for i < len(s) && (isBlank(s[i]) || semicolons && s[i] == ';') {
		i++
	}
	return i
}

// isODBC reports whether s has the key Driver when read as ODBC, and is not a
// string of ADO.NET's that holds the word in quotes. Without a Driver the two
// cannot be told apart.
func isODBC(s string) bool {
	pairs, _ := splitODBC(s, 0)
	if !hasKey(pairs, "driver") {
		return false
	}
	pairs, err := splitADO(s, 0)
	malformed := slices.ContainsFunc(pairs, func(p pair) bool { return !isKey(p.key) })
	return err != nil || malformed || hasKey(pairs, "driver")
}

func hasKey(pairs []pair, folded string) bool {
	return slices.ContainsFunc(pairs, func(p pair) bool { return fold(p.key) == folded })
}
