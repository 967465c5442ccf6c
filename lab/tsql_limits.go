package lab

import "slices"

// limits turns TOP and OFFSET ... FETCH into LIMIT, and drops hints.
func (e *tsqlEnvironment) limits(words []token) []token {
	words = withoutHints(words)
	var limit []token
	if i := topLevel(words, "select"); i >= 0 {
		at := i + 1
		if at < len(words) && (words[at].is("distinct") || words[at].is("all")) {
			at++
		}
		if at+1 < len(words) && words[at].is("top") {
			end := at + 2
			if words[at+1].text == "(" {
				end = closing(words, at+1) + 1
			}
			limit = append([]token{{tokenWord, "limit"}}, words[at+1:end]...)
			words = slices.Concat(words[:at], words[end:])
		}
	}
	if i := topLevel(words, "offset"); i >= 0 {
		offset, rest := untilRows(words[i+1:])
		limit = []token{{tokenWord, "limit"}, {tokenNumber, "-1"}}
		if len(rest) > 2 && rest[0].is("fetch") {
			fetch, _ := untilRows(rest[2:])
			limit = append([]token{{tokenWord, "limit"}}, fetch...)
		}
		limit = slices.Concat(limit, []token{{tokenWord, "offset"}}, offset)
		words = words[:i]
	}
	return slices.Concat(words, limit)
}

// untilRows splits at ROW or ROWS.
func untilRows(words []token) (before, after []token) {
	for i, t := range words {
		if t.is("row") || t.is("rows") {
			return words[:i], words[i+1:]
		}
	}
	return words, nil
}

// withoutHints drops WITH (NOLOCK) and OPTION (...).
func withoutHints(words []token) []token {
	var out []token
	for i := 0; i < len(words); i++ {
		if i > 0 && i+1 < len(words) && words[i+1].text == "(" && (words[i].is("with") || words[i].is("option")) {
			i = closing(words, i+1)
			continue
		}
		out = append(out, words[i])
	}
	return out
}
