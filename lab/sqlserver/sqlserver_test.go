package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

// bench is a stand-in with a user "my-app".
type bench struct {
	cloud  *azuretest.Cloud
	server *Server
	app    azuretest.Identity
}

func newBench(t *testing.T) *bench {
	t.Helper()
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	server, err := Start(t.Context(), cloud, &Options{Users: []string{"my-app"}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return &bench{cloud, server, cloud.AddUserAssigned(azuretest.Identity{Name: "my-app"})}
}

// open is a pool that logs in with the token.
func (b *bench) open(t *testing.T, token, database string) *sql.DB {
	t.Helper()
	config, err := msdsn.Parse("sqlserver://" + b.server.Addr() + "?encrypt=true&database=" + database)
	require.NoError(t, err)
	config.TLSConfig.RootCAs = b.cloud.CA().Pool()
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// wantNumber asserts that err is SQL Server's error of that number.
func wantNumber(t *testing.T, number int, err error) mssql.Error {
	t.Helper()
	refusal, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok, "%v", err)
	assert.EqualValues(t, number, refusal.Number, "%v", err)
	return refusal
}

func TestCannotRestart(t *testing.T) {
	assert.ErrorIs(t, newBench(t).server.Restart(t.Context()), engine.ErrEmbedded)
}

func TestSQLServerLogin(t *testing.T) {
	b := newBench(t)
	token := b.cloud.Mint(b.app, azuretest.SQLAudience)
	var user, database, version string
	require.NoError(t, b.open(t, token, "app").QueryRow("select suser_sname(), db_name(), @@version").Scan(&user, &database, &version))
	assert.Equal(t, "my-app", user)
	assert.Equal(t, "app", database)
	assert.Contains(t, version, "SQLite")
	assert.Contains(t, b.server.Engine, "stand-in behind a TDS front end")

	wantNumber(t, 18456, b.open(t, token, "other").Ping())
	wantNumber(t, 18456, b.open(t, b.cloud.Mint(b.app, azuretest.OSSRDBMSAudience), "app").Ping())
	stranger := b.cloud.AddUserAssigned(azuretest.Identity{Name: "stranger"})
	strange := b.cloud.Mint(stranger, azuretest.SQLAudience)
	wantNumber(t, 18456, b.open(t, strange, "app").Ping())
	assert.Contains(t, b.server.Log(), "stranger")
	require.NoError(t, b.server.CreateUser(t.Context(), "stranger"))
	require.NoError(t, b.open(t, strange, "app").Ping())

	require.NoError(t, b.server.CreatePasswordUser(t.Context(), "sa", "p@ss"))
	config, err := msdsn.Parse("sqlserver://sa:p%40ss@" + b.server.Addr() + "?encrypt=true")
	require.NoError(t, err)
	config.TLSConfig.RootCAs = b.cloud.CA().Pool()
	db := sql.OpenDB(mssql.NewConnectorConfig(config))
	defer db.Close()
	require.NoError(t, db.QueryRow("select original_login()").Scan(&user))
	assert.Equal(t, "sa", user)

	assert.Error(t, b.server.CreateUser(t.Context(), ""))
	assert.Error(t, b.server.CreatePasswordUser(t.Context(), "x", ""))
}

func TestSQLServerTokenExpires(t *testing.T) {
	b := newBench(t)
	for lifetime := time.Second; ; lifetime *= 2 {
		db := b.open(t, b.cloud.Mint(frontendtest.Living(b.app, lifetime), azuretest.SQLAudience), "app")
		if db.Ping() != nil && lifetime < time.Minute { // a slow machine
			continue
		}
		var err error
		require.Eventually(t, func() bool { err = db.Ping(); return err != nil }, 2*time.Minute, 50*time.Millisecond)
		wantNumber(t, 37396, err)
		return
	}
}
