package dsn

import (
	"slices"
	"strings"
)

// This file reads ODBC connection strings as SQLDriverConnect defines them: pairs
// joined by semicolons; a value in braces may hold anything, its "}" doubled;
// other values are trimmed. They are known by their Driver, because without one
// they cannot be told from ADO.NET's.
//
// Deliberately different: of a key that is given twice the last value counts, as
// in every dialect here, where ODBC takes the first.

// isODBC reports whether s has the key Driver when read as ODBC, and is not a
// string of ADO.NET's that holds the word in quotes.
func isODBC(s string) bool {
	pairs, _ := splitODBC(s)
	if !hasKey(pairs, "driver") {
		return false
	}
	pairs, err := splitADO(s)
	malformed := slices.ContainsFunc(pairs, func(p pair) bool { return !isKey(p.key) })
	return err != nil || malformed || hasKey(pairs, "driver")
}

func hasKey(pairs []pair, folded string) bool {
	return slices.ContainsFunc(pairs, func(p pair) bool { return fold(p.key) == folded })
}

// splitODBC cuts s. With an error it returns the pairs in front of the fault.
func splitODBC(s string) ([]pair, error) { return splitBraced(s, 0) }

// splitBraced cuts what begins at start into pairs joined by semicolons whose
// values may stand in braces.
func splitBraced(s string, start int) ([]pair, error) {
	var pairs []pair
	for i := skip(s, start, true); i < len(s); i = skip(s, i, true) {
		eq := strings.IndexByte(s[i:], '=')
		if eq < 0 || strings.IndexByte(s[i:i+eq], ';') >= 0 {
			return pairs, at(i, `no "=" after a key (put a value that holds semicolons in braces)`)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i}
		p.pos = skip(s, i+eq+1, false)
		var fault string
		if p.value, i, fault = scanBraced(s, p.pos); fault != "" {
			return pairs, faultOf(p, fault)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// scanBraced reads the value that begins at i and returns it with the index of
// the semicolon or the end that follows, or what is wrong with it.
func scanBraced(s string, i int) (value string, end int, fault string) {
	if i == len(s) || s[i] != '{' {
		end = len(s)
		if n := strings.IndexByte(s[i:], ';'); n >= 0 {
			end = i + n
		}
		return trimBlanks(s[i:end]), end, ""
	}
	var b strings.Builder
	for i++; ; i++ {
		switch {
		case i >= len(s):
			return "", i, "a value in braces without its end"
		case s[i] != '}':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '}':
			b.WriteByte('}')
			i++
		default:
			end = skip(s, i+1, false)
			if end < len(s) && s[end] != ';' {
				return "", end, `a semicolon is missing after a value in braces (write a "}" in it twice)`
			}
			return b.String(), end, ""
		}
	}
}

// odbcDriver takes the key by which the dialect is known.
func odbcDriver(b *builder, _ pair) error {
	b.known++
	return nil
}
