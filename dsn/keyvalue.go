package dsn

import "strings"

// This file reads libpq's keyword/value strings as section 34.1.1.1 of the
// PostgreSQL manual defines them: blanks around "=" are allowed, a value is
// quoted with ' if it is empty or holds blanks, and a backslash escapes a quote
// or a backslash in either form. Also read are the same words joined by
// semicolons, which PHP's PDO and hand-written settings use.
//
// Deliberately different: an unquoted value that is missing is an error where
// libpq would take the next "key=value" for it, because "user= password=x" is
// most often an empty variable and must not make the password a user name.

// splitKeyValue cuts a string whose pairs are separated by blanks or by semicolons.
func splitKeyValue(s string, semicolons bool) ([]pair, error) {
	var pairs []pair
	for i := skip(s, 0, semicolons); i < len(s); i = skip(s, i, semicolons) {
		eq := strings.IndexByte(s[i:], '=')
		if eq < 0 {
			return nil, syntaxError(i, `no "=" after a key`)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i}
		if strings.ContainsAny(p.key, blanks+";") {
			return nil, syntaxError(i, `no "=" after a key (quote a value that holds blanks)`)
		}
		p.pos = skip(s, i+eq+1, false)
		if !semicolons && p.pos > i+eq+1 && startsWithKey(s[p.pos:]) {
			return nil, p.valueError("no value (write '' for an empty one)")
		}
		value, end, ok := scanValue(s, p.pos, semicolons)
		if !ok {
			return nil, p.valueError("a quoted value without its end")
		}
		if semicolons && end < len(s) && s[end] != ';' {
			return nil, syntaxError(end, "a semicolon is missing after a quoted value")
		}
		p.value = value
		pairs = append(pairs, p)
		i = end
	}
	return pairs, nil
}

// scanValue reads the value that begins at i and returns it with the index of
// what follows. It is not ok if a quote is not closed.
func scanValue(s string, i int, semicolons bool) (value string, end int, ok bool) {
	quoted := i < len(s) && s[i] == '\''
	if quoted {
		i++
	}
	var b strings.Builder
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\':
			if i++; i == len(s) {
				return b.String(), i, !quoted // libpq drops a final backslash
			}
			c = s[i]
		case quoted && c == '\'':
			i++
			if semicolons {
				i = skip(s, i, false)
			}
			return b.String(), i, true
		case !quoted && semicolons && c == ';':
			return strings.TrimRight(b.String(), blanks), i, true
		case !quoted && !semicolons && isBlank(c):
			return b.String(), i, true
		}
		b.WriteByte(c)
	}
	if semicolons {
		return strings.TrimRight(b.String(), blanks), i, !quoted
	}
	return b.String(), i, !quoted
}

// startsWithKey reports whether s begins with a known key and "=".
func startsWithKey(s string) bool {
	key, _, ok := strings.Cut(s, "=")
	if !ok {
		return false
	}
	_, known := synonyms[fold(trimBlanks(key))]
	return known
}
