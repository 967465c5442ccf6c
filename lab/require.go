package lab

import "os"

// TB is the part of testing.TB that RequirePostgres and RequireMySQL use.
type TB interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// RequirePostgres is for the first line of a test that needs a real PostgreSQL. Without one the test is skipped
// on a developer's machine, and fails where the environment variable CI is set.
func RequirePostgres(tb TB) {
	tb.Helper()
	_, err := installedServer()
	needs(tb, "PostgreSQL", err)
}

// RequireMySQL is [RequirePostgres] for a real MariaDB.
func RequireMySQL(tb TB) {
	tb.Helper()
	_, err := installedMariaDB()
	needs(tb, "MariaDB", err)
}

func needs(tb TB, server string, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatalf("this test needs %s: %v", server, err)
	default:
		tb.Skipf("this test needs %s: %v", server, err)
	}
}
