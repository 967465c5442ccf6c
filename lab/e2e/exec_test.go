package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	labengine "github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/labtest"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
)

// command is passwordless, with the variables of an app in Azure and a connection to a server of the lab.
type command struct {
	binary  string
	environ []string
}

// builtCommand builds passwordless once for all tests; TestMain removes it.
var builtCommand = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "passwordless-e2e-")
	if err != nil {
		return "", err
	}
	labtest.AtEnd(func() error { return os.RemoveAll(dir) })
	file := filepath.Join(dir, "passwordless")
	build := exec.Command("go", "run", "-ldflags=-w", "-exec", "cp", "github.com/azuredb/passwordless/cmd/passwordless", file) // whose cache keeps it
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return file, nil
})

func newCommand(t *testing.T, cloud *azuretest.Cloud, app azuretest.Identity, server *lab.Server, prefix string) command {
	t.Helper()
	binary, err := builtCommand()
	require.NoError(t, err)
	dir, c := t.TempDir(), command{binary: binary}
	roots := filepath.Join(dir, "ca.pem")
	require.NoError(t, cloud.CA().WriteFile(roots))
	c.environ = append(cloud.AppServiceEnviron(),
		prefix+"HOST="+server.Host, prefix+"PORT="+strconv.Itoa(server.Port), prefix+"USER="+app.Name, prefix+"DATABASE="+server.Database,
		prefix+"CLIENTID="+app.ClientID, "PASSWORDLESS_TRUSTED_HOSTS="+server.Host, "SSL_CERT_FILE="+roots, "PATH="+os.Getenv("PATH"), "HOME="+dir)
	return c
}

func (c command) run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, failure bytes.Buffer
	cmd := exec.CommandContext(t.Context(), c.binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.environ, &out, &failure
	err = cmd.Run()
	return out.String(), failure.String(), err
}

// otherRoots is a file of certificates that do not know the server's.
func otherRoots(t *testing.T) string {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "other.pem")
	require.NoError(t, ca.WriteFile(file))
	return file
}

// psql logs in to a real server, which checks the token, and only to a server that it has verified.
func TestExecPsql(t *testing.T) {
	postgres.Require(t)
	_, err := exec.LookPath("psql")
	labengine.Need(t, "psql", err)
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server, err := postgres.Start(t.Context(), cloud, &postgres.Options{Users: []string{"app"}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	passwordless := newCommand(t, cloud, app, server.Server, "AZURE_POSTGRESQL_")

	query := []string{"--", "psql", "-XAtc", "select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()"}
	out, failure, err := passwordless.run(t, append([]string{"exec", "pg"}, query...)...)
	require.NoError(t, err, failure)
	assert.Equal(t, "app|t\n", out)
	_, failure, err = passwordless.run(t, append([]string{"exec", "pg", "--ca-file", otherRoots(t)}, query...)...)
	require.Error(t, err)
	assert.Contains(t, failure, "certificate verify failed")
	assert.Len(t, server.Logins(), 1, "the token is not sent")
}

// So does mysql.
func TestExecMySQL(t *testing.T) {
	mysql.Require(t)
	_, err := exec.LookPath("mysql")
	labengine.Need(t, "mysql", err)
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server, err := mysql.Start(t.Context(), cloud, &mysql.Options{Users: []string{"app"}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	passwordless := newCommand(t, cloud, app, server.Server, "AZURE_MYSQL_")

	query := []string{"--", "mysql", "-NBe", "select substring_index(current_user(), '@', 1), database()"}
	out, failure, err := passwordless.run(t, append([]string{"exec", "mysql"}, query...)...)
	require.NoError(t, err, failure)
	assert.Equal(t, "app\t"+server.Database+"\n", out)
	_, failure, err = passwordless.run(t, append([]string{"exec", "mysql", "--ca-file", otherRoots(t)}, query...)...)
	require.Error(t, err)
	assert.Contains(t, failure, "certificate")
	assert.Len(t, server.Logins(), 1, "the token is not sent")
}
