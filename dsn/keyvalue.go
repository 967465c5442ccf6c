package dsn

import "strings"

// splitKeyValue reads libpq's keyword/value strings (section 34.1.1.1 of the PostgreSQL
// manual), and the same words joined by semicolons, as PHP's PDO and people write them.
//
// Deliberately different: an unquoted value that is missing is an error where libpq
// takes the next "key=value" for it: "user= password=x" is most often an empty variable
// and must not make the password a user name.
func splitKeyValue(s string, start int, semicolons bool) ([]pair, error) {
	var pairs []pair
	for i := skip(s, start, semicolons); i < len(s); i = skip(s, i, semicolons) {
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
		var closed bool
		if p.value, i, closed = scanValue(s, p.pos, semicolons); !closed {
			return nil, p.valueError("a quoted value without its end")
		}
		if semicolons && i < len(s) && s[i] != ';' {
			return nil, syntaxError(i, "a semicolon is missing after a quoted value")
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// scanValue reads the value that begins at i, in which a backslash escapes, and returns
// it with the index of what follows. A quote may be left open.
func scanValue(s string, i int, semicolons bool) (value string, end int, closed bool) {
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
	value = b.String()
	if semicolons {
		value = strings.TrimRight(value, blanks)
	}
	return value, i, !quoted
}

// startsWithKey reports whether s begins with a known key and "=".
func startsWithKey(s string) bool {
	key, _, ok := strings.Cut(s, "=")
	return ok && isShared(key)
}
