//go:build linux || darwin || freebsd

package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

func TestFindBinaries(t *testing.T) {
	root := t.TempDir()
	labtest.Install(t, root, "pg/9/bin", "initdb", "postgres")
	newest := labtest.Install(t, root, "pg/16/bin", "initdb", "postgres")
	labtest.Install(t, root, "pg/17/bin", "psql") // only the client
	other := labtest.Install(t, root, "other", "initdb", "postgres")
	client := labtest.Install(t, root, "client", "psql")
	packages := []string{filepath.Join(root, "pg/*/bin")}
	tests := []struct {
		name, setting, path string
		packages            []string
		want                string // "": an error
		notInstalled        bool
	}{
		{"newest package", "", client, packages, newest, false},
		{"packages before PATH", "", other, packages, newest, false},
		{"PATH", "", client + string(os.PathListSeparator) + other, nil, other, false},
		{"setting", other, "", packages, other, false},
		{"setting without server", client, other, packages, "", false},
		{"off", "off", other, packages, "", true},
		{"nothing", "", client, nil, "", true},
		{"relative PATH", "", ".", nil, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(envDir, test.setting)
			got, err := findServer(test.path, test.packages)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want == "", err != nil)
			if test.notInstalled {
				assert.ErrorIs(t, err, lab.ErrNotInstalled)
			} else {
				assert.NotErrorIs(t, err, lab.ErrNotInstalled)
			}
		})
	}
}

// asked records what Require did.
type asked struct {
	testing.TB
	skipped, failed bool
}

func (a *asked) Helper()               {}
func (a *asked) Skipf(string, ...any)  { a.skipped = true }
func (a *asked) Fatalf(string, ...any) { a.failed = true }

func TestRequire(t *testing.T) {
	t.Setenv(envDir, "off")
	for _, test := range []struct {
		ci   string
		want asked
	}{{"", asked{skipped: true}}, {"true", asked{failed: true}}} {
		t.Run("CI="+test.ci, func(t *testing.T) {
			t.Setenv("CI", test.ci)
			got := asked{}
			Require(&got)
			assert.Equal(t, test.want, got)
		})
	}
}
