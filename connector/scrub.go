package connector

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

var jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)*`)

// scrub takes out of a text that an issuer or a server wrote what it may have
// echoed: tokens, and the secrets, also as a form or JSON spells them.
func scrub(text string, secrets ...string) string {
	var spellings []string
	for _, secret := range secrets {
		if secret != "" {
			spellings = append(spellings, secret, oneLine(secret), url.QueryEscape(secret), url.PathEscape(secret))
			spellings = append(spellings, inJSON(secret)...)
		}
	}
	// The longest first: one secret may be the beginning of another.
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	for _, spelling := range spellings {
		if spelling != "" {
			text = strings.ReplaceAll(text, spelling, "***")
		}
	}
	return jwtPattern.ReplaceAllString(text, "***")
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

// secrets are what the identity's issuer may echo: its own, and those of the
// host's identity endpoint.
func (id identity) secrets() []string {
	return []string{id.secret.Reveal(), id.certificatePassword.Reveal(), os.Getenv("IDENTITY_HEADER"), os.Getenv("MSI_SECRET")}
}
