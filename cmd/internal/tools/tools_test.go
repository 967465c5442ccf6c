package tools

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const canary = "eyJ.c4nary.x"

func prepare(t *testing.T, engine dsn.Engine, version, program string, args ...string) (Command, error) {
	t.Helper()
	c := Connection{Engine: engine, Hosts: []dsn.Host{{Name: "h.example.com", Port: engine.DefaultPort()}}, Database: "my db", User: `o"r:d\ers`, Secret: canary, Roots: "/ca file.pem"}
	cmd, err := Prepare(c, "/usr/bin/"+program, args, t.TempDir(), false, func(string) (string, error) { return version, nil })
	assert.NotContains(t, strings.Join(cmd.Args, " "), "c4nary", "the command line")
	return cmd, err
}

func value(cmd Command, name string) string {
	for _, line := range cmd.Env {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			return v
		}
	}
	return ""
}

func read(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

func TestPostgres(t *testing.T) {
	cmd, err := prepare(t, dsn.PostgreSQL, "", "psql", "-c", "select 'host=x'")
	require.NoError(t, err)
	assert.Equal(t, "h.example.com", value(cmd, "PGHOST"))
	assert.Equal(t, "verify-full", value(cmd, "PGSSLMODE"))
	assert.Equal(t, "/ca file.pem", value(cmd, "PGSSLROOTCERT"))
	assert.Empty(t, value(cmd, "PGPASSWORD"), "the file names the server")
	assert.Equal(t, `h.example.com:5432:*:o"r\:d\\ers:`+canary+"\n", read(t, value(cmd, "PGPASSFILE")))
	assert.NotContains(t, cmd.Environ([]string{"PGHOSTADDR=1.2.3.4", "pgservice=x", "HOME=/"}), "PGHOSTADDR=1.2.3.4")
	assert.Contains(t, cmd.Environ([]string{"HOME=/"}), "HOME=/")

	cmd, err = prepare(t, dsn.PostgreSQL, "", "python3", "app.py")
	require.NoError(t, err)
	assert.Equal(t, canary, value(cmd, "PGPASSWORD"))
	assert.Equal(t, "verify-full", value(cmd, "PGSSLMODE"))
}

func TestMySQL(t *testing.T) {
	cmd, err := prepare(t, dsn.MySQL, "mysql  Ver 8.0.36", "mysql", "-e", "select 1")
	require.NoError(t, err)
	file := strings.TrimPrefix(cmd.Args[0], "--defaults-file=")
	assert.Equal(t, "[client]\nprotocol=TCP\nhost=\"h.example.com\"\nport=3306\nuser=\"o\\\"r:d\\\\ers\"\nssl-ca=\"/ca file.pem\"\nssl-mode=VERIFY_IDENTITY\n", read(t, file))
	assert.Equal(t, []string{"--database=my db", "-e", "select 1"}, cmd.Args[1:])
	assert.Equal(t, canary, value(cmd, "MYSQL_PWD"))

	cmd, err = prepare(t, dsn.MySQL, "mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB", "mysqldump", "app")
	require.NoError(t, err)
	assert.Contains(t, read(t, strings.TrimPrefix(cmd.Args[0], "--defaults-file=")), "\nssl\nssl-verify-server-cert\n")
	assert.Equal(t, "app", cmd.Args[1])
}

func TestSQLServer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there sqlcmd does not take a token")
	}
	cmd, err := prepare(t, dsn.SQLServer, "Microsoft (R) SQL Server Command Line Tool\n", "sqlcmd", "-Q", "select 1")
	require.NoError(t, err)
	assert.Equal(t, []string{"-S", "h.example.com,1433", "-G", "-P"}, cmd.Args[:4])
	assert.Equal(t, []string{"-N", "-d", "my db", "-Q", "select 1"}, cmd.Args[5:])
	assert.Equal(t, "e\x00y\x00J\x00", read(t, cmd.Args[4])[:6])

	cmd, err = prepare(t, dsn.SQLServer, "One of: ActiveDirectoryDefault, "+tokenMethod, "sqlcmd", "-bQ", "select 1")
	require.NoError(t, err)
	assert.Equal(t, []string{"-S", "h.example.com,1433", "--authentication-method", tokenMethod, "-N", "mandatory", "-d", "my db", "-bQ", "select 1"}, cmd.Args)
	assert.Contains(t, strings.Join(cmd.Env, "\n"), "SQLCMDPASSWORD=eyJ")
	for _, moved := range []string{"-bC", "-Sevil", "-WbF", "--server-name=evil", "--authentication-method=SqlPassword", "-J"} {
		_, err = prepare(t, dsn.SQLServer, tokenMethod, "sqlcmd", moved, "evil")
		require.ErrorContains(t, err, "sqlcmd must not be given -", moved)
	}

	_, err = prepare(t, dsn.SQLServer, "Usage of sqlcmd", "sqlcmd")
	require.ErrorContains(t, err, "this sqlcmd cannot be given a token")
}

// A program is not run if it could send the token elsewhere, or to a server that it has not verified.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		engine  dsn.Engine
		program string
		args    []string
	}{
		{dsn.PostgreSQL, "psql", []string{"-h", "evil"}},
		{dsn.PostgreSQL, "psql", []string{"--host=evil"}},
		{dsn.PostgreSQL, "psql", []string{"--ho=evil"}},
		{dsn.PostgreSQL, "psql", []string{"dbname=app sslmode=disable"}},
		{dsn.PostgreSQL, "pg_dump", []string{"-d", "postgres://evil/app"}},
		{dsn.PostgreSQL, "pg_dump", []string{"--dbname=postgresql://evil/app"}},
		{dsn.MySQL, "mysql", []string{"-hevil"}},
		{dsn.MySQL, "mysql", []string{"--ssl_mode=DISABLED"}},
		{dsn.MySQL, "mysql", []string{"--loose-skip-ssl"}},
		{dsn.MySQL, "mysqldump", []string{"--skip-ssl-verify-server-cert"}},
		{dsn.MySQL, "mycli", nil},
		{dsn.SQLServer, "sqlcmd", []string{"-C"}},
		{dsn.SQLServer, "sqlcmd", []string{"-Sevil"}},
		{dsn.SQLServer, "osql", nil},
	} {
		_, err := prepare(t, c.engine, "Microsoft (R) SQL Server Command Line Tool", c.program, c.args...)
		require.Error(t, err, "%v", c)
		assert.NotContains(t, err.Error(), "evil")
	}
	_, err := Prepare(Connection{Engine: dsn.MySQL, Hosts: make([]dsn.Host, 1), Roots: "r"}, "mysql", nil, t.TempDir(), false, func(string) (string, error) { return "", errors.New("broken") })
	require.ErrorContains(t, err, "broken")
}
