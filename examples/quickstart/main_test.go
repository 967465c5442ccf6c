package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
)

func TestQuickstartOnPostgreSQL(t *testing.T) {
	postgres.Require(t)
	assert.Contains(t, output(t, "postgres", "aad_orders"), "database engine: PostgreSQL ")
}

func TestQuickstartOnThePostgreSQLStandIn(t *testing.T) {
	t.Setenv(postgres.EnvDir, "off")
	assert.Contains(t, output(t, "postgres", "aad_orders"), "database engine: SQLite ")
}

func TestQuickstartOnMariaDB(t *testing.T) {
	mysql.Require(t)
	assert.Contains(t, output(t, "mysql", "aad_orders@%"), "database engine: MariaDB ")
}

func TestQuickstartOnTheEmbeddedMySQL(t *testing.T) {
	t.Setenv(mysql.EnvDir, "off")
	assert.Contains(t, output(t, "mysql", "aad_orders@%"), "database engine: go-mysql-server ")
}

func TestQuickstartOnTheSQLServerStandIn(t *testing.T) {
	assert.Contains(t, output(t, "sqlserver", "aad_orders"), "database engine: SQLite ")
}

var lastLine = regexp.MustCompile(`^ok: \d+ connections, \d+ token requests$`)

// output runs the program and checks what is the same for every engine but the
// name of the user who logged in.
func output(t *testing.T, kind, user string) string {
	t.Helper()
	for _, name := range []string{"AZURE_POSTGRESQL_CLIENTID", "AZURE_POSTGRESQL_CONNECTIONSTRING",
		"AZURE_MYSQL_CLIENTID", "AZURE_MYSQL_CONNECTIONSTRING", "AZURE_SQL_CONNECTIONSTRING",
		"PASSWORDLESS_TRUSTED_HOSTS", "PASSWORDLESS_CA_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		t.Setenv(name, "") // puts back, in the end, what the program sets
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), kind, &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	assert.Regexp(t, lastLine, lines[len(lines)-1])
	assert.Contains(t, out.String(), "current_user:     "+user+"\n")
	assert.NotContains(t, out.String(), "eyJ", "a token was printed")
	return out.String()
}
