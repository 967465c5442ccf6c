package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab"
)

func TestQuickstartOnPostgreSQL(t *testing.T) {
	lab.RequirePostgres(t)
	assert.Contains(t, output(t), "database engine: PostgreSQL ")
}

func TestQuickstartOnTheStandIn(t *testing.T) {
	t.Setenv(lab.EnvPostgres, "off")
	assert.Contains(t, output(t), "database engine: SQLite ")
}

var lastLine = regexp.MustCompile(`^ok: \d+ connections, \d+ token requests$`)

// output runs the program and checks what is the same for every engine.
func output(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"AZURE_POSTGRESQL_CLIENTID", "AZURE_POSTGRESQL_CONNECTIONSTRING",
		"PASSWORDLESS_TRUSTED_HOSTS", "PASSWORDLESS_CA_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		t.Setenv(name, "") // puts back, in the end, what the program sets
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	assert.Regexp(t, lastLine, lines[len(lines)-1])
	assert.Contains(t, out.String(), "current_user:     aad_orders\n")
	assert.NotContains(t, out.String(), "eyJ", "a token was printed")
	return out.String()
}
