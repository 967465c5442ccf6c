package sqlserver

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func FuzzOracle(f *testing.F) {
	drivertest.FuzzOracle(f, oracle, ours, theirs, knownDivergence, func(t *testing.T, s string, we, they reading) {
		assert.Equal(t, []any{canonical(they.hosts), they.user, they.database, they.password}, []any{we.hosts, we.user, we.database, we.password}, "%q", s)
		assert.Equal(t, they.rest.AppName, we.rest.AppName, "app name of %q", s)
	})
}

// canonical are the hosts in the spelling that dsn gives them.
func canonical(hosts []dsn.Host) []dsn.Host {
	var all []dsn.Host
	for _, h := range hosts {
		h.Name = drivertest.Canonical(h.Name)
		all = append(all, h)
	}
	return all
}

// connecting are go-mssqldb's keys that say where to connect, with which identity and how
// safely.
var connecting = []string{msdsn.Server, msdsn.Port, msdsn.Database, msdsn.UserID, msdsn.Password, msdsn.Encrypt,
	msdsn.FailoverPartner, msdsn.FailOverPort, msdsn.Protocol}

var twoPorts = regexp.MustCompile(`,.*port|port.*,`)

// knownDivergence reports whether the corpus has a row that says why the two
// readings differ, besides the spelling of hosts.
func knownDivergence(s string, we, they reading) bool {
	c, err := dsn.Parse(dsn.SQLServer, s)
	if err != nil || len(c.Hosts) == 0 || strings.TrimSpace(s) != s || !utf8.ValidString(s) {
		return true
	}
	lower := strings.ToLower(s)
	switch c.Dialect {
	case dsn.DialectKeyValue:
	case dsn.DialectURL:
		if !strings.HasPrefix(s, "sqlserver://") {
			return true // another scheme, or its name in another case
		}
	case dsn.DialectODBC:
		if !strings.HasPrefix(s, "odbc:") {
			return true
		}
	default:
		return true
	}
	native, err := msdsn.Parse(s)
	if err != nil {
		return true
	}
	for key, value := range native.Parameters {
		if value == "" || !slices.Contains(parameters, key) && !slices.Contains(connecting, key) {
			return true // no value, or a key that go-mssqldb does not know in this dialect
		}
	}
	for _, h := range they.hosts {
		if !drivertest.IsHost(h.Name) {
			return true // no host's name: blanks, a port, an instance
		}
	}
	return strings.Contains(lower, "(local)") || twoPorts.MatchString(lower) || strings.HasPrefix(they.user, we.user+"@")
}
