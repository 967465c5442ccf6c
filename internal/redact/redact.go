// Package redact decides what a text may show: one line, of a bounded length,
// without tokens and secrets.
package redact

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// stars replace what was removed.
const stars = "***"

// most is how much of a text is looked at, in bytes: a peer chooses the length, and each byte takes time.
const most = 64 << 10

var (
	jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)*`)

	// userInfoPattern is what may stand before the host of a URL.
	userInfoPattern = regexp.MustCompile(`://\S*@`)

	// cutUserInfoPattern is that of a URL whose "@" was cut off.
	cutUserInfoPattern = regexp.MustCompile(`://\S*$`)
)

// Scrub takes out of a text that an issuer or a server wrote what it may have
// echoed: tokens, the user information of URLs, and the secrets, also as a form or
// JSON spells them, and what [Remember] was given. Of a text of more than 64 KB the beginning is left, for nobody is shown more.
func Scrub(text string, secrets ...string) string {
	var spellings []string
	for _, secret := range secrets {
		if secret != "" {
			spellings = append(spellings, secret, OneLine(secret), url.QueryEscape(secret), url.PathEscape(secret))
			spellings = append(spellings, inJSON(secret)...)
		}
	}
	// The longest first: one secret may be the beginning of another.
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	cut := len(text) > most
	text = text[:min(len(text), most)]
	// Whole tokens first: one that has parts in common with a secret would be left in pieces.
	text = remembered.mask(jwtPattern.ReplaceAllString(text, stars))
	for _, spelling := range slices.Compact(spellings) {
		text = mask(text, spelling)
	}
	text = userInfoPattern.ReplaceAllString(text, "://"+stars+"@")
	text = jwtPattern.ReplaceAllString(text, stars)
	if !cut {
		return text
	}
	longest := window // the beginning of a secret, or of a token, may be left at the end
	if len(spellings) > 0 {
		longest = max(longest, len(spellings[0]))
	}
	text = cutUserInfoPattern.ReplaceAllString(text, "://"+stars)
	return text[:max(0, len(text)-longest)]
}

// window is how many bytes of a secret in a row are too many to show.
const window = 16

// mask replaces in text every run of at least 16 bytes that is in secret too, whatever its case; of a
// shorter secret, the whole. It takes time and space in proportion to text and secret.
func mask(text, secret string) string {
	size := min(window, len(secret))
	if size == 0 || len(text) < size {
		return text
	}
	parts := make(map[[window]byte]struct{}, len(secret))
	for i := range len(secret) - size + 1 {
		parts[lower(secret[i:i+size])] = struct{}{}
	}
	return maskParts(text, size, func(part [window]byte) bool {
		_, found := parts[part]
		return found
	})
}

// maskParts replaces in text every run of parts, of so many bytes in lower case, that are secret.
func maskParts(text string, size int, secret func(part [window]byte) bool) string {
	var b strings.Builder
	shown, hidden := 0, 0 // text up to shown is in b, up to hidden it is part of a run
	for i := range len(text) - size + 1 {
		if !secret(lower(text[i : i+size])) {
			continue
		}
		if i > hidden || hidden == 0 {
			b.WriteString(text[shown:i])
			b.WriteString(stars)
		}
		hidden = i + size
		shown = hidden
	}
	b.WriteString(text[shown:])
	return b.String()
}

// lower returns at most 16 bytes with ASCII's letters in lower case.
func lower(s string) (out [window]byte) {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

// inJSON spells s as JSON does inside its quotes, with and without escapes for HTML.
func inJSON(s string) []string {
	escaped, _ := json.Marshal(s) // a string always can be
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // likewise
	text := strings.TrimSuffix(plain.String(), "\n")
	return []string{string(escaped[1 : len(escaped)-1]), text[1 : len(text)-1]}
}

// OneLine folds the line breaks and indentation in the messages of drivers and azidentity. What a
// terminal would act on, such as NUL, escape and the marks of writing direction, is a blank too.
func OneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Clip cuts what others wrote after 400 characters. Scrub first: what is left of a
// secret that was cut is not found.
func Clip(s string) string { return clip(s, 400) }

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "..."
		}
		n++
	}
	return s
}
