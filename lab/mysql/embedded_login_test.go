package mysql

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

func TestEmbeddedMySQLLogins(t *testing.T) {
	cloud := azuretest.New(t)
	m := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}, Database: "orders"})
	assert.True(t, m.Embedded)
	assert.Contains(t, m.Engine, "go-mysql-server")
	require.NoError(t, m.CreatePasswordUser(labtest.Limited(t), "plain", "pass word"))
	require.Error(t, m.CreateUser(labtest.Limited(t), "plain"))
	noClearText := func(c *mysql.Config) { c.AllowCleartextPasswords = false }
	for range 2 {
		_, err := connect(t, cloud, m, "plain", "pass word", noClearText)
		require.NoError(t, err)
	}
	_, err := connect(t, cloud, m, "plain", "wrong", noClearText)
	requireNumber(t, err, 1045, "28000")
	_, err = connect(t, cloud, m, "app", labtest.TokenOf(cloud, "other"), nil)
	requireNumber(t, err, 1045, "28000")
	assert.Contains(t, m.Log(), "issued to")
	old := labtest.TokenOf(cloud, "app")
	cloud.ExpireTokens()
	_, err = connect(t, cloud, m, "app", old, nil)
	require.ErrorContains(t, err, "The access token has expired")
	_, err = connect(t, cloud, m, "ghost", labtest.TokenOf(cloud, "ghost"), nil)
	requireNumber(t, err, 1045, "28000")
	_, err = connect(t, cloud, m, "app", labtest.TokenOf(cloud, "app"), func(c *mysql.Config) { c.DBName = "elsewhere" })
	requireNumber(t, err, 1044, "42000")
	_, err = connect(t, cloud, m, "app", labtest.TokenOf(cloud, "app"), func(c *mysql.Config) { c.DBName = "" })
	require.NoError(t, err)
	_, err = m.BackendDSN()
	require.ErrorIs(t, err, engine.ErrEmbedded)
}

// Without TLS the login is refused before a token is asked for.
func TestEmbeddedMySQLRefusesWithoutTLS(t *testing.T) {
	cloud := azuretest.New(t)
	m := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}})
	require.NoError(t, m.CreatePasswordUser(labtest.Limited(t), "plain", "pass word"))
	for user, password := range map[string]string{"app": labtest.TokenOf(cloud, "app"), "plain": "pass word", "ghost": "pass word"} {
		var sent bytes.Buffer
		_, err := connect(t, cloud, m, user, password, func(c *mysql.Config) {
			c.TLS = nil
			c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return recorded{conn, &sent}, err
			}
		})
		requireNumber(t, err, 3159, "HY000")
		assert.Contains(t, sent.String(), user)
		assert.NotContains(t, sent.String(), password)
	}
}

// recorded keeps what is written to a connection.
type recorded struct {
	net.Conn
	sent *bytes.Buffer
}

func (c recorded) Write(b []byte) (int, error) {
	c.sent.Write(b)
	return c.Conn.Write(b)
}
