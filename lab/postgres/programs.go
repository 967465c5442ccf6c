//go:build linux || darwin || freebsd

package postgres

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// installations are the directories in which packages put a server's programs, one per version.
var installations = []string{
	"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                   // packages of postgresql.org for Red Hat and SUSE
	"/opt/homebrew/opt/postgresql@*/bin", // Homebrew, Apple silicon
	"/usr/local/opt/postgresql@*/bin",    // Homebrew, Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// installedServer is the directory of the PostgreSQL that StartInstalled runs.
func installedServer() (string, error) { return findServer(os.Getenv("PATH"), installations) }

func findServer(path string, installations []string) (string, error) {
	dirs := append(newestFirst(installations), filepath.SplitList(path)...)
	return daemon.Find(EnvDir, "initdb and postgres", dirs, func(dir string) bool {
		return daemon.IsProgram(filepath.Join(dir, "initdb")) && daemon.IsProgram(filepath.Join(dir, "postgres"))
	})
}

var number = regexp.MustCompile(`\d+`)

// newestFirst expands the patterns and sorts by the last whole number of each path, which is the major version.
func newestFirst(patterns []string) []string {
	var dirs []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // the only error is a malformed pattern, and these are constants
		dirs = append(dirs, found...)
	}
	version := func(dir string) int {
		all := number.FindAllString(dir, -1)
		if len(all) == 0 {
			return 0
		}
		n, _ := strconv.Atoi(all[len(all)-1]) // digits only; a number beyond int sorts as the largest int
		return n
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	return dirs
}
