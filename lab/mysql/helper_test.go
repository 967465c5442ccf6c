package mysql

import (
	"crypto/tls"
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// connect opens one connection with go-sql-driver alone.
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
	return db, db.PingContext(labtest.Limited(t))
}

func requireNumber(t *testing.T, err error, number uint16, state string) {
	t.Helper()
	var refused *mysql.MySQLError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, number, refused.Number, refused.Message)
	require.Equal(t, state, string(refused.SQLState[:]))
}
