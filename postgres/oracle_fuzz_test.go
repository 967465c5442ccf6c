package postgres

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func FuzzOracle(f *testing.F) {
	systemUser, defaultHost := bare(f)
	drivertest.FuzzOracle(f, oracle, ours, theirs(systemUser, defaultHost), knownDivergence, func(t *testing.T, s string, we, they reading) {
		assert.Equal(t, []any{canonical(they.hosts), they.user, they.database, they.password}, []any{we.hosts, we.user, we.database, we.password}, "%q", s)
		for key, value := range we.params {
			assert.Equal(t, they.params[key], value, "%s of %q", key, s)
		}
	})
}

// canonical are the hosts in the spelling that dsn gives them, each once.
func canonical(hosts []dsn.Host) []dsn.Host {
	var all []dsn.Host
	for _, h := range hosts {
		h.Name = drivertest.Canonical(h.Name)
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

var (
	number    = regexp.MustCompile(`^[0-9]+$`)
	emptyUser = regexp.MustCompile(`user\s*=\s*('')?(\s|&|$)`)
)

// knownDivergence reports whether the corpus has a row that says why the two
// readings differ, besides the spelling of hosts.
func knownDivergence(s string, we, they reading) bool {
	if strings.TrimSpace(s) != s {
		return true
	}
	for key := range they.params {
		if _, ok := we.params[key]; !ok {
			return true // a key of the library's own, in another case, or not libpq's
		}
	}
	if c, err := dsn.Parse(dsn.PostgreSQL, s); err != nil || c.Dialect != dsn.DialectKeyValue && c.Dialect != dsn.DialectURL {
		return true
	}
	for _, h := range they.hosts {
		if !drivertest.IsHost(h.Name) {
			return true // no host's name: blanks, a port
		}
		if number.MatchString(h.Name) {
			return true // meant as a port
		}
	}
	if we.user == "" && emptyUser.MatchString(s) {
		return true
	}
	return strings.Contains(s, ";") || strings.HasPrefix(they.user, we.user+"@")
}
