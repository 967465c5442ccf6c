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

// installedServer is the directory of the PostgreSQL that startInstalled runs.
func installedServer() (string, error) { return findServer(os.Getenv("PATH"), installations) }

func findServer(path string, installations []string) (string, error) {
	return daemon.Find(envDir, "initdb and postgres", newestFirst(installations), path, func(dir string) bool {
		return daemon.IsProgram(filepath.Join(dir, "initdb")) && daemon.IsProgram(filepath.Join(dir, "postgres"))
	})
}

// lastNumber is the major version in the directory of an installation.
var lastNumber = regexp.MustCompile(`(\d+)\D*$`)

// newestFirst expands the patterns.
func newestFirst(patterns []string) (dirs []string) {
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // the only error is a malformed pattern, and these are constants
		dirs = append(dirs, found...)
	}
	version := func(dir string) (n int) {
		if m := lastNumber.FindStringSubmatch(dir); m != nil {
			n, _ = strconv.Atoi(m[1]) // digits only; a number beyond int sorts as the largest int
		}
		return n
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	return dirs
}
