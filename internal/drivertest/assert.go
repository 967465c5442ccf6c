package drivertest

import (
	"database/sql/driver"
	"errors"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
)

// Connect makes one connection and closes it.
func Connect(t testing.TB, c driver.Connector) error {
	t.Helper()
	conn, err := c.Connect(t.Context())
	if err != nil {
		return err
	}
	return conn.Close()
}

// LoginError is the one that err, which must be one, wraps.
func LoginError(t testing.TB, err error) *passwordless.LoginError {
	t.Helper()
	login, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	return login
}

// EqualClassification compares classifications, but for Temporary. want has a part of the hint.
func EqualClassification(t *testing.T, want, got connector.Classification) {
	t.Helper()
	assert.Equal(t, want.Anchor == "", got.Hint == "", "a hint goes with an anchor")
	assert.Contains(t, got.Hint, want.Hint)
	got.Hint, got.Temporary, got.Known = want.Hint, want.Temporary, want.Known
	assert.Equal(t, want, got)
}

// ClosedPort returns a port of 127.0.0.1 at which no one listens.
func ClosedPort(t testing.TB) int {
	t.Helper()
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer unused.Close()
	return unused.Addr().(*net.TCPAddr).Port
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

// IsHost reports whether s is a host's name or address, without blanks and port.
func IsHost(s string) bool { return net.ParseIP(s) != nil || hostName.MatchString(s) }
