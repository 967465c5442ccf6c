package lab

import (
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEmbeddedMySQLLogins(t *testing.T) {
	cloud := startCloud(t)
	m := startEmbeddedMySQL(t, cloud, &MySQLOptions{Users: []string{"app"}, Database: "orders"})
	assert.True(t, m.Embedded)
	assert.Contains(t, m.Engine, "stand-in behind a MySQL wire front end")
	require.NoError(t, m.CreatePasswordUser(limited(t), "plain", "pass word"))
	require.Error(t, m.CreateUser(limited(t), "plain"))
	noClearText := func(c *mysql.Config) { c.AllowCleartextPasswords = false }
	for range 2 {
		_, err := mysqlLogin(t, cloud, m, "plain", "pass word", noClearText)
		require.NoError(t, err)
	}
	_, err := mysqlLogin(t, cloud, m, "plain", "wrong", noClearText)
	requireNumber(t, err, 1045, "28000")
	_, err = mysqlLogin(t, cloud, m, "app", tokenOf(cloud, "other"), nil)
	requireNumber(t, err, 1045, "28000")
	assert.Contains(t, m.Log(), "issued to")
	_, err = mysqlLogin(t, cloud, m, "ghost", tokenOf(cloud, "ghost"), nil)
	requireNumber(t, err, 1045, "28000")
	_, err = mysqlLogin(t, cloud, m, "app", tokenOf(cloud, "app"), func(c *mysql.Config) { c.DBName = "elsewhere" })
	requireNumber(t, err, 1049, "42000")
	_, err = mysqlLogin(t, cloud, m, "app", tokenOf(cloud, "app"), func(c *mysql.Config) { c.DBName = "" })
	require.NoError(t, err)
	_, err = m.Admin()
	require.ErrorIs(t, err, ErrStandIn)
	_, err = m.BackendDSN()
	require.ErrorIs(t, err, ErrStandIn)
}
