package dsn

import "strings"

// This file reads ADO.NET connection strings as System.Data.Common's
// DbConnectionStringBuilder does: pairs joined by semicolons; a value in double
// or single quotes may hold anything, its quote doubled; other values are
// trimmed. One thing is more tolerant: an unquoted value may end with a quote.

func splitADO(s string) ([]pair, error) {
	var pairs []pair
	for i := skip(s, 0, true); i < len(s); i = skip(s, i, true) {
		eq := strings.IndexByte(s[i:], '=')
		if eq < 0 {
			return nil, at(i, `no "=" after a key (quote a value that holds semicolons)`)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i}
		p.pos = skip(s, i+eq+1, false)
		var fault string
		if p.value, i, fault = scanADO(s, p.pos); fault != "" {
			return nil, faultOf(p, fault)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// scanADO reads the value that begins at i and returns it with the index of the
// semicolon or the end that follows, or what is wrong with it.
func scanADO(s string, i int) (value string, end int, fault string) {
	if i == len(s) || s[i] != '"' && s[i] != '\'' {
		end = len(s)
		if n := strings.IndexByte(s[i:], ';'); n >= 0 {
			end = i + n
		}
		return trimBlanks(s[i:end]), end, ""
	}
	quote := s[i]
	var b strings.Builder
	for i++; ; i++ {
		switch {
		case i >= len(s):
			return "", i, "a quoted value without its end"
		case s[i] != quote:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == quote:
			b.WriteByte(quote)
			i++
		default:
			end = skip(s, i+1, false)
			if end < len(s) && s[end] != ';' {
				return "", end, "a semicolon is missing after a quoted value"
			}
			return b.String(), end, ""
		}
	}
}
