// Package quickstarttest runs the quick starts in tests.
package quickstarttest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/examples/internal/quickstart"
)

var lastLine = regexp.MustCompile(`^ok: \d+ connections, \d+ token requests$`)

// Output runs a program and checks what is the same for every engine but the
// name of the user who logged in.
func Output(t *testing.T, p quickstart.Program, user string) string {
	t.Helper()
	for _, name := range []string{"AZURE_POSTGRESQL_CLIENTID", "AZURE_POSTGRESQL_CONNECTIONSTRING",
		"AZURE_MYSQL_CLIENTID", "AZURE_MYSQL_CONNECTIONSTRING", "AZURE_SQL_CONNECTIONSTRING",
		"PASSWORDLESS_TRUSTED_HOSTS", "PASSWORDLESS_CA_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		t.Setenv(name, "") // puts back, in the end, what the program sets
	}
	var out strings.Builder
	require.NoError(t, quickstart.Run(t.Context(), p, &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	assert.Contains(t, lines[0], "starting a database for "+p.Database)
	assert.Regexp(t, lastLine, lines[len(lines)-1])
	assert.Contains(t, out.String(), "current_user:     "+user+"\n")
	assert.NotContains(t, out.String(), "eyJ", "a token was printed")
	return out.String()
}
