package drivertest

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Agree reads string s with the dsn package and with the driver's own parser: the
// readings must be equal, or differ where diverges says why.
func Agree[R any](t *testing.T, s, diverges string, ours, theirs func(string) (R, error)) {
	t.Helper()
	we, err := ours(s)
	they, theirErr := theirs(s)
	if diverges != "" {
		agree := (err == nil) == (theirErr == nil) && assert.ObjectsAreEqual(they, we)
		assert.False(t, agree, "agrees, although: %s", diverges)
		return
	}
	require.NoError(t, err)
	require.NoError(t, theirErr)
	assert.Equal(t, they, we)
}

// Canonical is a host's name or address in the spelling that package dsn gives it.
func Canonical(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip := net.ParseIP(host); ip != nil {
		return ip.String()
	}
	return host
}

var hostName = regexp.MustCompile(`^[[:alnum:]._-]+$`)

// IsHost reports whether s is a host's name or address, and no more: neither has it
// blanks nor a port.
func IsHost(s string) bool { return net.ParseIP(s) != nil || hostName.MatchString(s) }
