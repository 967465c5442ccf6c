package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/examples/internal/quickstart/quickstarttest"
	"github.com/azuredb/passwordless/lab/postgres"
)

// A program compiles the engine that it starts, and no other.
func TestNoOtherEngineIsCompiled(t *testing.T) {
	packages, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	for _, other := range []string{"dolthub", "go-sql-driver", "go-mssqldb"} {
		assert.NotContains(t, string(packages), other)
	}
}

func TestQuickstartOnPostgreSQL(t *testing.T) {
	postgres.Require(t)
	assert.Contains(t, quickstarttest.Output(t, program, "aad_orders"), "database engine: PostgreSQL ")
}

func TestQuickstartOnThePostgreSQLStandIn(t *testing.T) {
	t.Setenv("PASSWORDLESS_LAB_POSTGRES", "off")
	assert.Contains(t, quickstarttest.Output(t, program, "aad_orders"), "database engine: SQLite ")
}
