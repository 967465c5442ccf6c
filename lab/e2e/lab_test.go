package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/host"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
)

// labHost is what passwordless-lab starts, with real servers.
type labHost struct {
	*host.Host
	command
}

func newLabHost(t *testing.T) labHost {
	t.Helper()
	postgres.Require(t)
	mysql.Require(t)
	h, err := host.Start(t.Context(), host.Options{
		Engines: []string{"postgres", "mysql"}, Identities: []string{"administrator", "user-assigned"}, TokenLifetime: time.Hour, Progress: io.Discard,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	environ, err := h.Environ()
	require.NoError(t, err)
	binary, err := builtCommand()
	require.NoError(t, err)
	return labHost{h, command{binary, append(environ, "HOME="+t.TempDir())}}
}

// value is that of a variable.
func (l labHost) value(t *testing.T, name string) string {
	t.Helper()
	for _, v := range l.environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	t.Fatalf("no %s", name)
	return ""
}

// postgres and mysql log in as a user with what is to be its token.
func (l labHost) postgres(t *testing.T, user, token string) (*pgx.Conn, error) {
	t.Helper()
	config, err := pgx.ParseConfig("host=127.0.0.1 port=" + l.value(t, "AZURE_POSTGRESQL_PORT") + " dbname=app sslmode=verify-full sslrootcert=" + l.value(t, "PASSWORDLESS_CA_FILE"))
	require.NoError(t, err)
	config.User, config.Password = user, token
	return pgx.ConnectConfig(t.Context(), config)
}

func (l labHost) mysql(t *testing.T, user, token string) (*sql.Conn, error) {
	t.Helper()
	config := gomysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd, config.DBName = "tcp", "127.0.0.1:"+l.value(t, "AZURE_MYSQL_PORT"), user, token, "app"
	config.TLS, config.AllowCleartextPasswords, config.Logger = &tls.Config{RootCAs: l.Cloud.CA().Pool(), ServerName: loopback}, true, &gomysql.NopLogger{}
	connector, err := gomysql.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db.Conn(t.Context())
}

// The lab's real servers decide on logins; what is wrong with a token is told in Azure's words.
func TestLabsServers(t *testing.T) {
	l := newLabHost(t)
	app := l.Identities[1].Identity
	token := l.Cloud.Mint(app, azuretest.OSSRDBMSAudience)

	pg, err := l.postgres(t, "app", token)
	require.NoError(t, err)
	var user string
	require.NoError(t, pg.QueryRow(t.Context(), "select session_user").Scan(&user))
	assert.Equal(t, "app", user)
	require.NoError(t, pg.Close(t.Context()))
	my, err := l.mysql(t, "app", token)
	require.NoError(t, err)
	require.NoError(t, my.QueryRowContext(t.Context(), "select current_user() where ? = 1", 1).Scan(&user))
	assert.Equal(t, "app@%", user)
	require.NoError(t, my.Close())

	l.refused(t, "admin@contoso.com", token, "Azure AD access token not valid for role admin@contoso.com", 1045)
	l.refused(t, "nobody", token, `password authentication failed for user "nobody"`, 1045)
	l.refused(t, "app", "no token", "The access token has invalid format", 1045)
	l.refused(t, "app", l.Cloud.Mint(app, azuretest.SQLAudience), "valid audience claim", 1045)
	require.NoError(t, l.Turn("expire", true))
	l.refused(t, "app", token, "The access token has expired", 9119)
	for _, d := range l.Databases {
		logins := d.Logins()
		require.Len(t, logins, 6)
		require.NoError(t, logins[0].Err)
		assert.ErrorContains(t, logins[5].Err, "the token has expired")
		assert.NotContains(t, d.Log(), token)
	}

	t.Run("number of a connection", l.testNumber)
	t.Run("grant", l.testGrant)
}

// A client of MySQL ends a statement by its connection's number, which is the server's own.
func (l labHost) testNumber(t *testing.T) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+l.value(t, "AZURE_MYSQL_PORT"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	greeting := make([]byte, 200)
	n, err := io.ReadAtLeast(conn, greeting, 60)
	require.NoError(t, err)
	_, rest, found := bytes.Cut(greeting[5:n], []byte{0})
	require.True(t, found)
	admin, err := l.mysql(t, "admin@contoso.com", l.Cloud.Mint(l.Identities[0].Identity, azuretest.OSSRDBMSAudience))
	require.NoError(t, err)
	var user string
	require.NoError(t, admin.QueryRowContext(t.Context(), "select user from information_schema.processlist where id = ?", binary.LittleEndian.Uint32(rest)).Scan(&user))
	assert.Equal(t, "unauthenticated user", user)
	require.NoError(t, admin.Close())
}

// refused wants both servers' refusals.
func (l labHost) refused(t *testing.T, user, token, text string, number uint16) {
	t.Helper()
	_, err := l.postgres(t, user, token)
	refusal := new(pgconn.PgError)
	require.ErrorAs(t, err, &refusal)
	assert.Contains(t, refusal.Message, text)
	_, err = l.mysql(t, user, token)
	denied := new(gomysql.MySQLError)
	require.ErrorAs(t, err, &denied)
	assert.Equal(t, number, denied.Number, "%v", err)
}

// passwordless grant makes users, whom the servers then let in, with the token of the administrator who is signed in.
func (l labHost) testGrant(t *testing.T) {
	id := l.Cloud.AddUserAssigned(azuretest.Identity{Name: "orders"})
	assert.Contains(t, l.grant(t, "pg", "--principal=orders", "--object-id="+id.ObjectID, "--role=writer", "--apply"), "the user has what the role writer needs")
	assert.Contains(t, l.grant(t, "mysql", "--principal=orders", "--client-id="+id.ClientID, "--role=writer", "--apply"), "the user has what the role writer needs")
	token := l.Cloud.Mint(id, azuretest.OSSRDBMSAudience)
	pg, err := l.postgres(t, "orders", token)
	require.NoError(t, err)
	require.NoError(t, pg.Close(context.Background()))
	my, err := l.mysql(t, "orders", token)
	require.NoError(t, err)
	require.NoError(t, my.Close())
	for _, engine := range []string{"pg", "mysql"} {
		l.grant(t, engine, "--principal=orders", "--role=writer", "--check")
		l.grant(t, engine, "--principal=orders", "--revoke", "--apply")
		assert.Contains(t, l.grantFails(t, engine, "--principal=orders", "--check"), "there is none of this name")
	}
}
