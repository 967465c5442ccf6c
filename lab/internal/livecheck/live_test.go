//go:build live

package livecheck_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab/internal/livecheck"
)

// tokenLife is long enough for any tool to answer a few times.
const tokenLife = 20 * time.Second

// TestLive checks the servers that the environment names, and prints a report: docs/live.md.
func TestLive(t *testing.T) {
	targets, missing := livecheck.Targets()
	require.NoError(t, livecheck.WriteHead(os.Stdout, versions(), time.Now()))
	for _, target := range targets {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		report := livecheck.Run(ctx, target, tokenLife)
		cancel()
		require.NoError(t, report.Write(os.Stdout))
		if report.Failed() {
			t.Errorf("%s: a check has failed: see the report", report.Engine)
		}
	}
	fmt.Println()
	for _, name := range missing {
		fmt.Printf("- not run: %s is not set\n", name)
	}
	if len(targets) == 0 {
		t.Skipf("set %s", strings.Join(missing, ", "))
	}
}

// versions are those of this checkout, and of what it uses: a test's own build information has none.
func versions() (lines []string) {
	for _, command := range [][]string{
		{"git", "log", "-1", "--format=passwordless of %cs, commit %h"},
		{"go", "list", "-m", "github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "github.com/microsoft/go-mssqldb",
			"github.com/Azure/azure-sdk-for-go/sdk/azidentity"},
	} {
		out, err := exec.Command(command[0], command[1:]...).Output()
		if err != nil {
			out = fmt.Appendf(nil, "%s: %v", command[0], err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	return lines
}
