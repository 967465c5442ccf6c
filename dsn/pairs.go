package dsn

import (
	"slices"
	"strings"
)

// quoting reads pairs joined by semicolons. Anything may stand in a value between an
// opening mark and the closing one, which is doubled there; other values are trimmed.
//
// ADO.NET strings are read as System.Data.Common's DbConnectionStringBuilder does, but an
// unquoted value may end with a quote. ODBC strings are read as SQLDriverConnect defines
// them, but of a key given twice the last value counts, where ODBC takes the first.
type quoting struct {
	marks                          string // pairs of an opening and a closing mark
	noEquals, unclosed, notAtClose string // the errors
}

var (
	splitADO = quoting{
		marks:      `""''`,
		noEquals:   `no "=" after a key (quote a value that holds semicolons)`,
		unclosed:   "a quoted value without its end",
		notAtClose: "a semicolon is missing after a quoted value",
	}.split
	splitODBC = quoting{
		marks:      "{}",
		noEquals:   `no "=" after a key (put a value that holds semicolons in braces)`,
		unclosed:   "a value in braces without its end",
		notAtClose: `a semicolon is missing after a value in braces (write a "}" in it twice)`,
	}.split
)

// split cuts what begins at start. With an error it returns the pairs before it.
func (q quoting) split(s string, start int) ([]pair, error) {
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

// scan reads the value that begins at i and returns it with the index of the semicolon
// or the end that follows, or what is wrong with it.
func (q quoting) scan(s string, i int) (value string, end int, wrong string) {
	mark := -1
	if i < len(s) {
		mark = strings.IndexByte(q.marks, s[i])
	}
	if mark < 0 || mark%2 != 0 { // a closing mark opens nothing
		value, _, _ = strings.Cut(s[i:], ";")
		return trimBlanks(value), i + len(value), ""
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
			if end = skip(s, i+1, false); end < len(s) && s[end] != ';' {
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

// isODBC reports whether s has the key Driver when read as ODBC, and is not a string of
// ADO.NET's that holds the word in quotes. Without a Driver the two look the same.
func isODBC(s string) bool {
	isDriver := func(p pair) bool { return fold(p.key) == "driver" }
	if pairs, _ := splitODBC(s, 0); !slices.ContainsFunc(pairs, isDriver) {
		return false
	}
	pairs, err := splitADO(s, 0)
	return err != nil || slices.ContainsFunc(pairs, func(p pair) bool { return isDriver(p) || !isKey(p.key) })
}
