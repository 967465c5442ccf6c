package tsqlite

import (
	"slices"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// limits turns TOP and OFFSET ... FETCH into LIMIT, and drops hints.
func (e *tsqlEnvironment) limits(words []sqlite.Token) []sqlite.Token {
	words = withoutHints(words)
	var limit []sqlite.Token
	if i := sqlite.TopLevel(words, "select"); i >= 0 {
		at := i + 1
		if at < len(words) && (words[at].Is("distinct") || words[at].Is("all")) {
			at++
		}
		if at+1 < len(words) && words[at].Is("top") {
			end := at + 2
			if words[at+1].Text == "(" {
				end = closing(words, at+1) + 1
			}
			limit = append([]sqlite.Token{{Kind: sqlite.Word, Text: "limit"}}, words[at+1:end]...)
			words = slices.Concat(words[:at], words[end:])
		}
	}
	if i := sqlite.TopLevel(words, "offset"); i >= 0 {
		offset, rest := untilRows(words[i+1:])
		limit = []sqlite.Token{{Kind: sqlite.Word, Text: "limit"}, {Kind: sqlite.Number, Text: "-1"}}
		if len(rest) > 2 && rest[0].Is("fetch") {
			fetch, _ := untilRows(rest[2:])
			limit = append([]sqlite.Token{{Kind: sqlite.Word, Text: "limit"}}, fetch...)
		}
		limit = slices.Concat(limit, []sqlite.Token{{Kind: sqlite.Word, Text: "offset"}}, offset)
		words = words[:i]
	}
	return slices.Concat(words, limit)
}

// untilRows splits at ROW or ROWS.
func untilRows(words []sqlite.Token) (before, after []sqlite.Token) {
	for i, t := range words {
		if t.Is("row") || t.Is("rows") {
			return words[:i], words[i+1:]
		}
	}
	return words, nil
}

// withoutHints drops WITH (NOLOCK) and OPTION (...).
func withoutHints(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		if i > 0 && i+1 < len(words) && words[i+1].Text == "(" && (words[i].Is("with") || words[i].Is("option")) {
			i = closing(words, i+1)
			continue
		}
		out = append(out, words[i])
	}
	return out
}
