package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

const someID = "99999999-2222-4333-8444-555555555555"

// Printing needs no connection, and takes the database from one that there is.
func TestGrantPrints(t *testing.T) {
	offAzure(t)
	out := call(nil, "grant", "pg", "--principal", "orders", "--database", "shop", "--role", "Writer")
	require.Equal(t, cli.OK, out.code, out.stderr)
	assert.Empty(t, out.stderr)
	assert.Contains(t, out.stdout, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO "orders";`)
	assert.Equal(t, out, call([]string{strings.Replace(pgVariable, "mydb", "shop", 1)}, "grant", "pg", "--principal", "orders", "--role", "writer"))

	out = call(nil, "grant", "mysql", "--principal", "orders", "--database", "shop", "--client-id", someID)
	assert.Contains(t, out.stdout, "CREATE AADUSER 'orders' IDENTIFIED BY '"+someID+"';")
	out = call(nil, "grant", "sqlserver", "--principal", "orders", "--revoke")
	assert.Contains(t, out.stdout, "DROP USER [orders];")
}

func TestGrantFabric(t *testing.T) {
	offAzure(t)
	out := call(nil, "grant", "Fabric", "--principal", "o'rders", "--role", "service-connector")
	require.Equal(t, cli.OK, out.code, out.stderr)
	assert.Contains(t, out.stdout, `passwordless grant sqlserver --principal 'o'\''rders' --role owner`)
	out = call([]string{"FABRIC_SQL_CONNECTIONSTRING=server=tcp:x.msit-database.fabric.microsoft.com;port=1433;database=d"}, "grant", "sqlserver", "--principal", "orders")
	assert.True(t, strings.HasPrefix(out.stdout, "-- In Microsoft Fabric "), out.stdout)
	assert.Contains(t, out.stdout, "\nCREATE USER [orders] FROM EXTERNAL PROVIDER;\n")
	out = call(nil, "grant", "fabric", "--principal", "orders", "--apply")
	assert.Equal(t, cli.Failed, out.code)
}

func TestGrantMisuse(t *testing.T) {
	offAzure(t)
	for want, args := range map[string][]string{
		"no engine is given":         {"--principal", "orders"},
		"unknown engine":             {"oracle", "--principal", "orders"},
		"no principal is given":      {"pg", "--database", "shop"},
		"no database is given":       {"pg", "--principal", "orders"},
		"--check goes with neither":  {"pg", "--principal", "orders", "--check", "--apply"},
		"use --client-id":            {"mysql", "--principal", "orders", "--database", "shop", "--object-id", someID},
		"use --object-id":            {"mysql", "--principal", "orders", "--database", "shop", "--type", "group", "--client-id", someID},
		"only MySQL wants":           {"pg", "--principal", "orders", "--database", "shop", "--client-id", someID},
		"unknown role":               {"fabric", "--principal", "orders", "--role", "admin"},
		"has a control character":    {"pg", "--principal", "c4nary\n", "--database", "shop"},
		"unknown flag, or a flag wi": {"pg", "--principle", "orders"},
	} {
		out := call(nil, append([]string{"grant"}, args...)...)
		assert.Equal(t, cli.Misuse, out.code, want)
		assert.Contains(t, out.stderr, want)
		assert.Empty(t, out.stdout)
		assert.NotContains(t, out.stderr, "c4nary")
	}
	out := call(nil, "grant", "sqlserver", "sqlserver://s.database.windows.net?database=other", "--principal", "orders", "--database", "shop", "--check")
	assert.Equal(t, cli.Failed, out.code)
	assert.Contains(t, out.stderr, "must name the database")
}

// What doctor prints as a fix can be run as it stands. Its scripts have the lines.
func TestGrantOfDoctor(t *testing.T) {
	offAzure(t)
	for _, engine := range []string{"postgresql", "mysql", "sqlserver"} {
		script, err := os.ReadFile("../internal/doctor/testdata/" + engine + "/login.txt")
		require.NoError(t, err)
		line := regexp.MustCompile(`passwordless (grant .*)\$'`).FindSubmatch(script)
		require.NotNil(t, line)
		text := strings.NewReplacer("{OBJECT}", someID, "{CLIENT}", someID).Replace(string(line[1]))
		out := call(nil, strings.Fields(text)...)
		assert.Equal(t, cli.OK, out.code, "%s: %s", text, out.stderr)
		assert.Contains(t, out.stdout, someID)
	}
}
