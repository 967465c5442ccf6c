package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

const literal = "host=myserver.postgres.database.azure.com user=me dbname=mydb"

func TestFlagsStandAnywhere(t *testing.T) {
	onAppService(t)
	want := call(nil, "inspect", "postgresql", literal, "--json")
	require.Equal(t, cli.OK, want.code)
	require.True(t, json.Valid([]byte(want.stdout)))
	for _, args := range [][]string{
		{"--json", "postgresql", literal}, {"postgresql", "--json", literal}, {"-json", "PostgreSQL", literal},
		{"--json=true", "postgresql", literal}, {"--json", "--", "postgresql", literal}, {"postgresql", "--json", "--", literal},
	} {
		assert.Equal(t, want, call(nil, append([]string{"inspect"}, args...)...), "%v", args)
	}
	assert.NotEqual(t, want, call(nil, "inspect", "--json=false", "postgresql", literal))
	out := call(nil, "inspect", "postgresql", "--", "--json")
	assert.Equal(t, cli.Failed, out.code, "after -- it is a connection string")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}, {"inspect", "--help"}, {"inspect", "mysql", "-h"}} {
		out := call(nil, args...)
		assert.Equal(t, cli.OK, out.code, "%v", args)
		assert.Empty(t, out.stderr)
		assert.Contains(t, out.stdout, "Usage:\n  passwordless ")
	}
}

// A terminal has 80 columns.
func TestHelpWidth(t *testing.T) {
	commands := newRoot(nil).Commands()
	require.NotEmpty(t, commands)
	help := call(nil, "--help").stdout
	for _, c := range commands {
		help += call([]string{"PATH="}, c.Name(), "--help").stdout
	}
	for line := range strings.Lines(help) {
		assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80, line)
	}
}

func TestMisuse(t *testing.T) {
	for want, args := range map[string][]string{
		"no command":            {},
		"unknown command\n":     {"oracle"},
		"did you mean inspect?": {"inspekt", "mysql"},
		"unknown engine":        {"inspect", "oracle"},
		"too many arguments":    {"inspect", "mysql", "a", "b"},
		"unknown flag":          {"inspect", "mysql", "--yaml"},
	} {
		out := call(nil, args...)
		assert.Equal(t, cli.Misuse, out.code, want)
		assert.Empty(t, out.stdout)
		assert.Contains(t, out.stderr, want)
		assert.Contains(t, out.stderr, "Usage:\n  passwordless ")
	}
}

// Without an engine all are shown that have variables.
func TestInspectAll(t *testing.T) {
	onAppService(t)
	const mysqlVariable = "AZURE_MYSQL_CONNECTIONSTRING=me@tcp(s.mysql.database.azure.com:3306)/db"
	pg, my := call([]string{pgVariable}, "inspect", "pg"), call([]string{mysqlVariable}, "inspect", "mysql")
	assert.Equal(t, output{pg.stdout + "\n" + my.stdout, "", cli.OK}, call([]string{pgVariable, mysqlVariable}, "inspect"))
	assert.Equal(t, pg, call([]string{pgVariable}, "inspect"))

	out := call([]string{pgVariable, "AZURE_SQL_RESOURCEENDPOINT=x", "AZURE_SQL_USER=u"}, "inspect", "--json")
	assert.Equal(t, cli.Failed, out.code)
	assert.Empty(t, out.stderr)
	var engines []string
	for d := json.NewDecoder(strings.NewReader(out.stdout)); d.More(); {
		var r report
		require.NoError(t, d.Decode(&r))
		engines = append(engines, r.Engine)
	}
	assert.Equal(t, []string{"postgresql", "sqlserver"}, engines)

	out = call(nil, "inspect", "--json")
	assert.Equal(t, cli.Failed, out.code)
	assert.Empty(t, out.stdout)
	assert.Contains(t, out.stderr, "no engine has connection settings")
}

func TestEngineNames(t *testing.T) {
	onAppService(t)
	for name, engine := range map[string]string{"pg": "postgresql", "postgres": "postgresql", "PostgreSQL": "postgresql", "MySQL": "mysql", "sqlserver": "sqlserver", "mssql": "sqlserver"} {
		assert.Contains(t, call(nil, "inspect", name, "--json").stdout, `"engine": "`+engine+`"`, name)
	}
}

// A connection that the driver refuses is an error too, as in sql.Open.
func TestTheDriversFaults(t *testing.T) {
	onAppService(t)
	out := call(nil, "inspect", "mysql", "me@tcp(s.mysql.database.azure.com:3306)/db?serverPubKey=mine", "--json")
	assert.Equal(t, cli.Failed, out.code)
	var r report
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &r))
	assert.Contains(t, r.Error, "serverPubKey: go-sql-driver does not take")
	assert.Equal(t, "parameters", r.ErrorAnchor)
	assert.Equal(t, "s.mysql.database.azure.com", r.Host)
	assert.Equal(t, "system", r.Auth)

	out = call(nil, "inspect", "mysql", "me@tcp(s.mysql.database.azure.com:3306)/db?tls=custom-roots")
	assert.Equal(t, cli.OK, out.code, out.stderr)
	assert.Contains(t, out.stdout, "the program must register")
}

// A value cannot make lines.
func TestPlainTextHasOneLineForEachThing(t *testing.T) {
	onAppService(t)
	out := call([]string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + literal, "AZURE_POSTGRESQL_CLIENTID=x\nwarning  all is well\x1b[2J"}, "inspect", "postgresql")
	assert.NotContains(t, out.stdout, "\nwarning")
	assert.NotContains(t, out.stdout, "\x1b")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	var stderr strings.Builder
	assert.Equal(t, cli.Failed, run([]string{"help"}, nil, brokenPipe{}, &stderr))
	assert.Equal(t, "passwordless: broken pipe\n", stderr.String())
}
