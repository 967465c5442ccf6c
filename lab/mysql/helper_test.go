package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// mysqlLogin opens one connection with go-sql-driver alone.
func connect(t *testing.T, cloud *azuretest.Cloud, m *Server, user, password string, change func(*mysql.Config)) (*sql.DB, error) {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = user, password, "tcp", m.Addr(), m.Database
	c.TLS = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "127.0.0.1"}
	c.AllowCleartextPasswords, c.ParseTime, c.MultiStatements = true, true, true
	c.Logger = &mysql.NopLogger{}
	if change != nil {
		change(c)
	}
	connector, err := mysql.NewConnector(c)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db, db.PingContext(limited(t))
}

func requireNumber(t *testing.T, err error, number uint16, state string) {
	t.Helper()
	var refused *mysql.MySQLError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, number, refused.Number, refused.Message)
	require.Equal(t, state, string(refused.SQLState[:]))
}

// limited is a context that ends a hanging test.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// tokenOf mints a token of a new identity of that name.
func tokenOf(cloud *azuretest.Cloud, name string) string {
	return cloud.Mint(cloud.AddUserAssigned(azuretest.Identity{Name: name}), azuretest.TokenOptions{})
}

// running starts a server and closes it when the test ends.
func running(t *testing.T, start starter, cloud *azuretest.Cloud, o *Options) *Server {
	t.Helper()
	s, err := start(limited(t), cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

type starter = func(context.Context, *azuretest.Cloud, *Options) (*Server, error)

// requireClosed asserts that nothing listens on the address any more.
func requireClosed(t *testing.T, address string) {
	t.Helper()
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
}

// install puts files with the names of the server's programs into root/dir.
func install(t *testing.T, root, dir string, programs ...string) string {
	t.Helper()
	dir = filepath.Join(root, dir)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o755))
	}
	return dir
}
