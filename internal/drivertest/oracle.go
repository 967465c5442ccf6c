package drivertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Row is a string for two parsers, package dsn's and a driver's.
type Row struct {
	Name, In string
	Diverges string // why they read it differently; if empty, they agree
}

// CheckOracle reads every row with both parsers: equal, or not where Diverges says why.
func CheckOracle[R any](t *testing.T, rows []Row, ours, theirs func(string) (R, error)) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			we, err := ours(row.In)
			they, theirErr := theirs(row.In)
			if row.Diverges != "" {
				agree := (err == nil) == (theirErr == nil) && assert.ObjectsAreEqual(they, we)
				assert.False(t, agree, "agrees, although: %s", row.Diverges)
				return
			}
			require.NoError(t, err)
			require.NoError(t, theirErr)
			assert.Equal(t, they, we)
		})
	}
}

// FuzzOracle looks for strings that both parsers take and read as different servers,
// users, databases or passwords, which same checks. The rows seed it. known reports
// whether one of them says why the two readings of a string differ, besides the
// spelling of hosts.
func FuzzOracle[R any](f *testing.F, rows []Row, ours, theirs func(string) (R, error), known func(s string, we, they R) bool, same func(t *testing.T, s string, we, they R)) {
	f.Helper()
	for _, row := range rows {
		f.Add(row.In)
	}
	f.Fuzz(func(t *testing.T, s string) {
		we, err := ours(s)
		they, theirErr := theirs(s)
		if err == nil && theirErr == nil && !known(s, we, they) {
			same(t, s, we, they)
		}
	})
}
