package examples_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quickStarts are the quick starts' programs, which bring the lab along: each in its ways.
var quickStarts = []struct {
	program, database string
	environ           string // in addition
	engine, user      string // that it prints
}{
	{"quickstart", "PostgreSQL", "", "PostgreSQL", "aad_orders"},
	{"quickstart", "PostgreSQL", "PASSWORDLESS_LAB_POSTGRES=off", "SQLite", "aad_orders"},
	{"quickstart/mysql", "MySQL", "", "MariaDB", "aad_orders@%"},
	{"quickstart/mysql", "MySQL", "PASSWORDLESS_LAB_MARIADB=off", "go-mysql-server", "aad_orders@%"},
	{"quickstart/sqlserver", "SQL Server", "", "SQLite", "aad_orders"},
}

var (
	engineOfQuickStart   = regexp.MustCompile(`(?m)^database engine: +(.+)$`)
	lastLineOfQuickStart = regexp.MustCompile(`^ok: \d+ connections, \d+ token requests$`)
)

func TestQuickStarts(t *testing.T) {
	programs := build(t, "quickstart", "quickstart/mysql", "quickstart/sqlserver")
	for _, q := range quickStarts {
		t.Run(strings.TrimSpace(q.program+" "+q.environ), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, programs[q.program])
			c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), q.environ}
			var log strings.Builder
			c.Stderr = &log
			out, err := c.Output()
			require.NoError(t, err, "%s", &log)
			engine := engineOfQuickStart.FindStringSubmatch(string(out))
			require.NotNil(t, engine)
			need(t, q.engine, engine[1])
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			assert.Contains(t, lines[0], "starting a database for "+q.database)
			assert.Regexp(t, lastLineOfQuickStart, lines[len(lines)-1])
			assert.Contains(t, string(out), "current_user:     "+q.user+"\n")
			assert.NotContains(t, string(out)+log.String(), "eyJ", "a token was printed")
		})
	}
}

// A quick start compiles the engine that it starts, and no other.
func TestQuickStartCompilesNoOtherEngine(t *testing.T) {
	packages, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./quickstart").Output()
	require.NoError(t, err)
	for _, other := range []string{"dolthub", "go-sql-driver", "go-mssqldb"} {
		assert.NotContains(t, string(packages), other)
	}
}
