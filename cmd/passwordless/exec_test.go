package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/cmd/internal/cli"
)

// withCloud makes this process one of Azure's, and returns the variables of a connection.
func withCloud(t *testing.T) []string {
	t.Helper()
	offAzure(t)
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	return []string{pgVariable, "AZURE_POSTGRESQL_CLIENTID=" + app.ClientID, "SSL_CERT_FILE=/roots.pem", "PGHOSTADDR=127.0.0.2", "PATH=" + os.Getenv("PATH")}
}

// program puts a shell script on PATH.
func program(t *testing.T, name, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins for the programs need a POSIX shell")
	}
	require.NoError(t, os.WriteFile(filepath.Join(os.Getenv("PATH"), name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

func TestToken(t *testing.T) {
	environ := withCloud(t)
	out := call(environ, "token", "pg")
	require.Equal(t, cli.OK, out.code, out.stderr)
	assert.Regexp(t, `(?m)^identity +user-assigned managed identity`, out.stdout)
	assert.Regexp(t, `(?m)^database user +aad_myconn$`, out.stdout)
	assert.Regexp(t, `(?m)^aud +https://ossrdbms-aad\.database\.windows\.net$`, out.stdout)
	assert.Regexp(t, `(?m)^exp +20\d\d-\d\d-\d\dT`, out.stdout)
	assert.NotContains(t, out.stdout, "eyJ")

	raw := call(environ, "token", "--raw", "pg")
	assert.Regexp(t, `^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$`, raw.stdout)
	assert.Empty(t, raw.stderr, "not a terminal")

	out = call(nil, "token", "pg", "host=s.postgres.database.azure.com user=u dbname=d password=c4nary")
	assert.Equal(t, output{"", "passwordless: the connection has a password, and so no token\n", cli.Failed}, out)
	out = call(environ, "token", "pg", "host=db.example.com user=u dbname=d")
	assert.Equal(t, cli.Failed, out.code)
	assert.Contains(t, out.stderr, "refusing to send the token")
	assert.Equal(t, cli.Misuse, call(nil, "token").code)
}

func TestExec(t *testing.T) {
	environ := withCloud(t)
	t.Setenv("TMPDIR", t.TempDir())
	program(t, "psql", `printf '%s\n' "args $*" "user $PGUSER" "tls $PGSSLMODE $PGSSLROOTCERT" "addr $PGHOSTADDR" "password $PGPASSWORD"
while IFS= read -r line; do printf 'file %s\n' "$line"; done < "$PGPASSFILE"
exit 7`)
	out := call(environ, "exec", "pg", "--", "psql", "-c", "select 1", "--json")
	assert.Equal(t, 7, out.code, out.stderr)
	assert.True(t, strings.HasPrefix(out.stdout, "args -c select 1 --json\nuser aad_myconn\ntls verify-full /roots.pem\naddr \npassword \nfile myserver.postgres.database.azure.com:5432:*:aad_myconn:eyJ"), out.stdout)
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	assert.Empty(t, left, "the private files are removed")

	program(t, "killed", "kill -TERM $$")
	assert.Equal(t, 128+15, call(environ, "exec", "pg", "--", "killed").code)
}

// A signal reaches the program, which ends as it likes.
func TestExecPassesSignalsOn(t *testing.T) {
	environ := withCloud(t)
	program(t, "server", `trap 'echo stopped; exit 3' TERM
kill -TERM $PPID
while :; do :; done`)
	out := call(environ, "exec", "pg", "--", "server")
	assert.Equal(t, output{"stopped\n", "", 3}, out)
}

func TestExecMisuse(t *testing.T) {
	for want, args := range map[string][]string{
		"write it after --":  {"exec", "pg", "psql"},
		"no engine is given": {"exec", "--", "psql"},
		"unknown engine":     {"exec", "oracle", "--", "psql"},
	} {
		out := call(nil, args...)
		assert.Equal(t, cli.Misuse, out.code, want)
		assert.Contains(t, out.stderr, want)
	}
	environ := withCloud(t)
	for program, want := range map[string]string{
		"nosuch":             "exec: nosuch is not found on PATH: ",
		"pg_dump":            "exec: pg_dump is not found on PATH: install PostgreSQL's clients (Debian: postgresql-client)",
		"/opt/bin/mysqldump": "exec: /opt/bin/mysqldump is not found on PATH: install the clients of MySQL or MariaDB (Debian: mariadb-client)",
		"sqlcmd":             "exec: sqlcmd is not found on PATH: install mssql-tools18",
		"PGPASSWORD=canary":  "exec: the first word after -- is no program on PATH: ",
	} {
		t.Setenv("PATH", t.TempDir())
		out := call(environ, "exec", "pg", "--", program)
		assert.Equal(t, cli.Failed, out.code)
		assert.Contains(t, out.stderr, want)
		assert.NotContains(t, out.stderr, "canary")
	}
	var out output
	program(t, "psql", "exit 9")
	out = call(environ, "exec", "pg", "--", "psql", "sslmode=disable")
	assert.Equal(t, cli.Failed, out.code)
	assert.Contains(t, out.stderr, "psql must not be given a connection string")
}
