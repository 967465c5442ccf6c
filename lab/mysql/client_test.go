//go:build linux || darwin || freebsd

package mysql

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// TestMariaDBClient logs MariaDB's own client in, which is not a Go program: to the server, to a front end that splices
// to it, and to the stand-in.
func TestMariaDBClient(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	engine.Need(t, "MariaDB's client", err)
	cloud, installed := sharedMariaDB(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, cloud.CA().WriteFile(ca))

	embedded := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app@contoso.com"}})
	plain := labtest.Unique("plain")
	for _, m := range []*Server{installed, embedded} {
		require.NoError(t, m.CreatePasswordUser(labtest.Limited(t), plain, "pass word"))
	}
	backend, err := installed.BackendDSN()
	require.NoError(t, err)
	front, err := mysqlfront.Start(cloud, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend, Passwords: map[string]string{plain: "pass word"}}})
	require.NoError(t, err)

	for name, port := range map[string]int{"installed": installed.Port, "spliced": front.Port(), "embedded": embedded.Port} {
		for user, password := range map[string]string{"app@contoso.com": labtest.TokenOf(cloud, "app@contoso.com"), plain: "pass word"} {
			t.Run(name+" "+user, func(t *testing.T) {
				table := labtest.Unique(name)
				cmd := exec.CommandContext(labtest.Limited(t), client, "--no-defaults", "--batch", "--host=localhost", "--protocol=tcp",
					"--port="+strconv.Itoa(port), "--user="+user, "--ssl-ca="+ca, "--ssl-verify-server-cert", "app", "--execute",
					"select 1 as one; create table "+table+" (n int); insert into "+table+" values (2), (3); select n from "+table)
				cmd.Env = []string{"MYSQL_PWD=" + password}
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
				assert.Equal(t, "one\n1\nn\n2\n3\n", string(out))
			})
		}
	}
}
