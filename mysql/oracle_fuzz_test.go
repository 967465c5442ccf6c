package mysql

import (
	"cmp"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func FuzzOracle(f *testing.F) {
	f.Add("(0:1 )/") // blanks around a port
	safely := func(s string) (reading, error) {
		if strings.Contains(s, "strict=") {
			return reading{}, errors.New("the driver panics")
		}
		return theirs(s)
	}
	drivertest.FuzzOracle(f, oracle, ours, safely, knownDivergence, func(t *testing.T, s string, we, they reading) {
		assert.Equal(t, []any{canonical(they.address), they.user, they.database, they.password}, []any{we.address, we.user, we.database, we.password}, "%q", s)
	})
}

// canonical is the address in the spelling that dsn gives it, with the default
// port for an empty one and without blanks around a port.
func canonical(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return net.JoinHostPort(drivertest.Canonical(host), cmp.Or(strings.TrimLeft(strings.TrimSpace(port), "0"), "3306"))
}

// knownDivergence reports whether the corpus has a row that says why the two
// readings differ, besides the spelling of hosts.
func knownDivergence(s string, we, they reading) bool {
	if strings.TrimSpace(s) != s {
		return true
	}
	if c, err := dsn.Parse(dsn.MySQL, s); err != nil || c.Dialect != dsn.DialectDSN {
		return true
	}
	host, port, err := net.SplitHostPort(they.address)
	if they.address != "" && (err != nil || !drivertest.IsHost(host) || strings.Contains(port, ",")) {
		return true // no host's name: blanks, a port after a comma
	}
	if they.params != we.params {
		return true // one of the parameters is a user or a password to dsn
	}
	return strings.HasPrefix(they.user, we.user+"@") // of a single server
}
