package cli

import (
	"regexp"
	"strings"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._@:/-]+$`)

// ShellQuote quotes a word for a POSIX shell; "" stays so.
func ShellQuote(s string) string {
	if s == "" || plainWord.MatchString(s) && s[0] != '-' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
