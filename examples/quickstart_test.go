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

	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
)

// quickStarts are the quick starts' programs, which bring the lab along: each in its ways.
var quickStarts = []struct {
	program, database string
	environ           string // in addition
	require           func(testing.TB)
	engine, user      string // that it prints
}{
	{"quickstart", "PostgreSQL", "", postgres.Require, "PostgreSQL ", "aad_orders"},
	{"quickstart", "PostgreSQL", "PASSWORDLESS_LAB_POSTGRES=off", nil, "SQLite ", "aad_orders"},
	{"quickstart/mysql", "MySQL", "", mysql.Require, "MariaDB ", "aad_orders@%"},
	{"quickstart/mysql", "MySQL", "PASSWORDLESS_LAB_MARIADB=off", nil, "go-mysql-server ", "aad_orders@%"},
	{"quickstart/sqlserver", "SQL Server", "", nil, "SQLite ", "aad_orders"},
}

var lastLineOfQuickStart = regexp.MustCompile(`^ok: \d+ connections, \d+ token requests$`)

func TestQuickStarts(t *testing.T) {
	programs := build(t, "quickstart", "quickstart/mysql", "quickstart/sqlserver")()
	for _, q := range quickStarts {
		t.Run(strings.TrimSpace(q.program+" "+q.environ), func(t *testing.T) {
			t.Parallel()
			if q.require != nil {
				q.require(t)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, programs[q.program])
			c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), q.environ}
			var log strings.Builder
			c.Stderr = &log
			out, err := c.Output()
			require.NoError(t, err, "%s", &log)
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			assert.Contains(t, lines[0], "starting a database for "+q.database)
			assert.Regexp(t, lastLineOfQuickStart, lines[len(lines)-1])
			assert.Contains(t, string(out), "database engine: "+q.engine)
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
