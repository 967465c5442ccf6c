package connector

import (
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"
)

var jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)*`)

// scrub takes out of a text that an issuer or a server wrote what it may have
// echoed: tokens, and the secrets, also as a form or JSON spells them.
func scrub(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		quoted, _ := json.Marshal(secret) // a string always can be
		for _, spelling := range [...]string{secret, url.QueryEscape(secret), strings.Trim(string(quoted), `"`)} {
			text = strings.ReplaceAll(text, spelling, "***")
		}
	}
	return jwtPattern.ReplaceAllString(text, "***")
}

// secrets are what the identity's issuer may echo: its own, and those of the
// host's identity endpoint.
func (id identity) secrets() []string {
	return []string{id.secret.Reveal(), id.certificatePassword.Reveal(), os.Getenv("IDENTITY_HEADER"), os.Getenv("MSI_SECRET")}
}
