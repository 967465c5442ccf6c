package redact_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/redact"
)

// longToken has no part that looks like the beginning of a token, and no 16 bytes twice.
const longToken = "Abcdefghijklmnopqrstuvwxyz.0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ.zyxwvutsrqponmlkjihgfedcba9876543210"

func TestScrubRunsOfASecret(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"whole":          {"<" + longToken + ">", "<***>"},
		"signature":      {"bad signature zyxwvutsrqponmlkjihgfedcba9876543210", "bad signature ***"},
		"first 16":       {"a " + longToken[:16] + " b", "a *** b"},
		"any 16":         {"a " + longToken[30:46] + " b", "a *** b"},
		"15 are no run":  {"a " + longToken[30:45] + " b", "a " + longToken[30:45] + " b"},
		"upper case":     {strings.ToUpper(longToken), "***"},
		"lower case":     {"x" + strings.ToLower(longToken[20:]), "x***"},
		"two runs":       {longToken[:20] + "/" + longToken[40:60], "***/***"},
		"side by side":   {longToken[:20] + longToken[40:60], "***"},
		"at both ends":   {longToken[:16] + " and " + longToken[20:36], "*** and ***"},
		"in a longer":    {"xx" + longToken[10:50] + "yy", "xx***yy"},
		"nothing of it":  {"no login for user ann", "no login for user ann"},
		"other alphabet": {"ÄÖÜ" + longToken[:16] + "ß", "ÄÖÜ***ß"},
	} {
		assert.Equal(t, row.want, redact.Scrub(row.text, longToken), name)
	}
	assert.Equal(t, "in *** and ***", redact.Scrub("in s3cret and S3CRET", "s3cret"), "a short secret goes whole")
}

// A renewed token begins as the one before, which the server may still quote.
func TestScrubOfATokenThatResemblesTheSecret(t *testing.T) {
	const before = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJhYmNkZWZnaGlqa2xtbm9wIn0."
	assert.Equal(t, "you sent ***, no", redact.Scrub("you sent "+before+"b2xkZXItc2lnbmF0dXJl, no", before+"bmV3ZXItc2lnbmF0dXJl"))
}

func TestScrubUserInformation(t *testing.T) {
	assert.Equal(t, `parse "http://***@h:x/y": invalid port`, redact.Scrub(`parse "http://ann:s3c/r@t@h:x/y": invalid port`))
	assert.Equal(t, "see https://h/x of ann@h", redact.Scrub("see https://h/x of ann@h"))
}

func TestOneLineHasNoControlCharacters(t *testing.T) {
	assert.Equal(t, "a b c d e f g \ufffd h", redact.OneLine("a\x00b\x1b c\u0085d\u202ee\r\nf\u200b g \xff h\x7f"))
}

func FuzzScrub(f *testing.F) {
	f.Add("you sent "+longToken[4:40]+"!", longToken)
	f.Add("a b", "a")
	f.Fuzz(func(t *testing.T, text, secret string) {
		out := redact.Scrub(text, secret)
		if len(secret) < 16 || strings.Contains(secret, "***") {
			return
		}
		for i := range len(secret) - 15 {
			assert.NotContains(t, out, secret[i:i+16])
		}
	})
}

func BenchmarkScrub(b *testing.B) {
	text, secret := strings.Repeat("no login for the user ", 50_000), strings.Repeat(longToken, 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		redact.Scrub(text, secret)
	}
}

// What is cut leaves no beginning of a secret behind, and nothing of a URL's user information.
func TestScrubLooksAtTheBeginningOfALongText(t *testing.T) {
	const secret = "canary-s3cret"
	for i := range 2 * len(secret) {
		before := strings.Repeat("x", 64<<10-i)
		assert.False(t, strings.Contains(redact.Scrub(before+secret+strings.Repeat("y", 1<<20), secret), "cana"), i)
		assert.False(t, strings.Contains(redact.Scrub(before+"eyJcanary.canary.canary"+strings.Repeat("y", 1<<20)), "cana"), i)
	}
	url := "https://u:canary" + strings.Repeat("p", 64<<10) + "@h/"
	assert.False(t, strings.Contains(redact.Scrub("at "+url), "canary"))
	assert.Less(t, len(redact.Scrub(strings.Repeat("x", 1<<20), secret)), 64<<10)
}
