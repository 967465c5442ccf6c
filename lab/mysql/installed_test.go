//go:build linux || darwin || freebsd

package mysql

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

var shared = labtest.Share(startInstalled, &Options{Users: []string{"app", "app@contoso.com"}})

func TestMain(m *testing.M) { labtest.Main(m) }

// sharedMariaDB is a server with its cloud, for tests that do not disturb each other.
func sharedMariaDB(t *testing.T) (*azuretest.Cloud, *Server) {
	t.Helper()
	Require(t)
	return shared.Get(t)
}

func TestMariaDBRefusesWithoutTLS(t *testing.T) {
	cloud, m := sharedMariaDB(t)
	_, err := connect(t, cloud, m, "app", labtest.TokenOf(cloud, "app"), func(c *mysql.Config) { c.TLS = nil })
	var refused *mysql.MySQLError
	require.ErrorAs(t, err, &refused)
	assert.EqualValues(t, 1045, refused.Number, "%v", err) // Azure says 3159; MariaDB asks the plugin first
}

func TestMariaDBPasswordUser(t *testing.T) {
	cloud, m := sharedMariaDB(t)
	const password = `S3cret'"\ pw`
	user := labtest.Unique("secretive")
	require.NoError(t, m.CreatePasswordUser(labtest.Limited(t), user, password))
	db, err := connect(t, cloud, m, user, password, nil)
	require.NoError(t, err)
	_, err = db.ExecContext(labtest.Limited(t), "create table "+user+" (id int primary key)")
	require.NoError(t, err)
	_, err = connect(t, cloud, m, user, "wrong", nil)
	require.Error(t, err)
	require.Error(t, m.CreatePasswordUser(labtest.Limited(t), user, "again"), "a user of that name exists")
	require.ErrorContains(t, m.CreatePasswordUser(labtest.Limited(t), "empty", ""), "the password is empty")
	require.ErrorContains(t, m.CreateUser(labtest.Limited(t), ""), "1 to 80 bytes")
}

func TestMariaDBRestarts(t *testing.T) {
	cloud, m := sharedMariaDB(t)
	address, token := m.Addr(), labtest.TokenOf(cloud, "app")
	db, err := connect(t, cloud, m, "app", token, nil)
	require.NoError(t, err)
	conn, err := db.Conn(labtest.Limited(t))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, m.Restart(labtest.Limited(t)))
	require.Error(t, conn.PingContext(labtest.Limited(t)))
	assert.Equal(t, address, m.Addr())
	_, err = connect(t, cloud, m, "app", token, nil)
	require.NoError(t, err)
}

func TestMariaDBManyLoginsAtOnce(t *testing.T) {
	cloud, m := sharedMariaDB(t)
	token := labtest.TokenOf(cloud, "app")
	db, err := connect(t, cloud, m, "app", token, nil)
	require.NoError(t, err)
	var opened sync.WaitGroup
	for range 100 {
		opened.Go(func() {
			conn, err := db.Conn(labtest.Limited(t))
			if assert.NoError(t, err) {
				assert.NoError(t, conn.Close())
			}
		})
	}
	opened.Wait()
}

func TestMariaDBLeavesNothing(t *testing.T) {
	Require(t)
	cloud := azuretest.New(t)
	before := runtime.NumGoroutine()
	for range 2 {
		m, err := startInstalled(labtest.Limited(t), cloud, &Options{Users: []string{"app"}})
		require.NoError(t, err)
		engine := m.backend.(*mariadb)
		dsn, err := m.BackendDSN()
		require.NoError(t, err)
		admin, err := sql.Open("mysql", dsn)
		require.NoError(t, err)
		require.NoError(t, admin.PingContext(labtest.Limited(t)))
		require.NoError(t, m.Close()) // ends the connection
		require.NoError(t, m.Close(), "a second Close")
		_ = admin.Close() // the server has hung up
		assert.NoDirExists(t, engine.Dir())
		assert.True(t, engine.Ended())
		labtest.RequireClosed(t, m.Addr())
	}
	require.NoError(t, daemon.Poll(labtest.Limited(t), func(context.Context) (bool, error) {
		return runtime.NumGoroutine() <= before, nil
	}), "goroutines are left")
}

func TestMariaDBStartObeysContext(t *testing.T) {
	Require(t)
	cloud := azuretest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := startInstalled(ctx, cloud, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMariaDBStartSaysWhyNot(t *testing.T) {
	Require(t)
	_, err := startInstalled(labtest.Limited(t), azuretest.New(t), &Options{Users: []string{""}})
	require.EqualError(t, err, `lab: user "": a name has 1 to 80 bytes`, "and nothing about the end of the server")
}

func TestFindMariaDB(t *testing.T) {
	root := t.TempDir()
	sbin := labtest.Install(t, root, "usr/sbin", "mariadbd")
	labtest.Install(t, root, "usr/bin", "mariadb-install-db")
	one := labtest.Install(t, root, "one/bin", "mariadbd", "mariadb-install-db")
	half := labtest.Install(t, root, "half/bin", "mariadbd")
	tests := []struct {
		name, setting string
		dirs          []string
		want          string // directory of mariadbd; "": an error
		notInstalled  bool
	}{
		{"split directories", "", []string{half, sbin}, sbin, false},
		{"one directory", "", []string{one, sbin}, one, false},
		{"setting", one, []string{sbin}, one, false},
		{"setting without server", half, []string{sbin}, "", false},
		{"off", "off", []string{sbin}, "", true},
		{"nothing", "", []string{half, "relative"}, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(envDir, test.setting)
			got, err := findMariaDB(test.dirs, "")
			if test.want == "" {
				require.Error(t, err)
				assert.Equal(t, test.notInstalled, errors.Is(err, lab.ErrNotInstalled))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want+"/mariadbd", got.server)
		})
	}
}
