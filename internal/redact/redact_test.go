package redact_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/redact"
)

const jwtCanary = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"

func TestScrub(t *testing.T) {
	const secret = `a/b~"c\d+e`
	for name, text := range map[string]string{
		"raw":          "you sent " + secret + " to us",
		"form":         "client_secret=a%2Fb~%22c%5Cd%2Be&scope=x",
		"JSON":         `{"client_secret":"a/b~\"c\\d+e"}`,
		"token":        "password " + jwtCanary + " is wrong",
		"half a token": "password " + jwtCanary[:30],
	} {
		t.Run(name, func(t *testing.T) {
			out := redact.Scrub(text, "", secret)
			assert.Contains(t, out, "***")
			assert.NotContains(t, out, secret)
			assert.NotContains(t, out, "%22c%5C")
			assert.NotContains(t, out, jwtCanary[:30])
		})
	}
}

func TestScrubSpellings(t *testing.T) {
	for _, secret := range []string{`ends with "`, "a&b<c>", "two  blanks", `back\slash`} {
		quoted, err := json.Marshal(secret)
		require.NoError(t, err)
		for _, text := range []string{secret, redact.OneLine(secret), string(quoted), url.PathEscape(secret), url.QueryEscape(secret)} {
			assert.NotContains(t, strings.ReplaceAll(redact.Scrub("<"+text+">", secret), "***", ""), secret[1:4], text)
		}
	}
	assert.Equal(t, "*** ***", redact.Scrub("abcd1234 abcd", "abcd", "abcd1234"), "one secret begins another")
}

func TestLongMessagesAreClipped(t *testing.T) {
	assert.Len(t, []rune(redact.Clip(strings.Repeat("ü", 5000))), 403)
	assert.Equal(t, "short", redact.Clip("short"))
}
