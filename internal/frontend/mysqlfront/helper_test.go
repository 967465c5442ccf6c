package mysqlfront_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// bench is a cloud with one identity, a front end, and a token for it.
type bench struct {
	frontendtest.Bench[*mysqlfront.Server]
}

func newBench(t *testing.T, o *mysqlfront.Options) *bench {
	t.Helper()
	return &bench{frontendtest.NewBench(t, mysqlfront.Start, o, "orders@contoso.com", azuretest.OSSRDBMSAudience)}
}

// config is a verified connection as the bench's identity.
func (b *bench) config() *mysql.Config {
	config := plainConfig(b.Server)
	config.User, config.Passwd = b.ID.Name, b.Token
	config.AllowCleartextPasswords = true
	config.TLS = &tls.Config{RootCAs: b.Cloud.CA().Pool(), ServerName: "localhost"}
	return config
}

// as is the bench's connection for another user.
func (b *bench) as(user, password string) *mysql.Config {
	config := b.config()
	config.User, config.Passwd = user, password
	return config
}

// plain is the bench's connection without TLS.
func (b *bench) plain() *mysql.Config {
	config := b.config()
	config.TLS = nil
	return config
}

// plainConfig is a connection without TLS that says nothing on standard error.
func plainConfig(s *mysqlfront.Server) *mysql.Config {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", s.Addr(), "orders"
	config.Timeout, config.ReadTimeout = time.Minute, time.Minute
	config.Logger = &mysql.NopLogger{}
	return config
}

// connect opens a connection and closes it with the test.
func connect(t *testing.T, config *mysql.Config) *sql.Conn {
	t.Helper()
	conn, err := open(t, config).Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// open makes a pool and closes it with the test.
func open(t *testing.T, config *mysql.Config) *sql.DB {
	t.Helper()
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

// dial opens a connection of the driver and closes it again.
func dial(ctx context.Context, config *mysql.Config) error {
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// refused tries to connect and returns the server's error.
func refused(t *testing.T, config *mysql.Config) *mysql.MySQLError {
	t.Helper()
	err := dial(t.Context(), config)
	var serverError *mysql.MySQLError
	require.ErrorAs(t, err, &serverError)
	if config.Passwd != "" {
		assert.NotContains(t, err.Error(), config.Passwd)
	}
	return serverError
}
