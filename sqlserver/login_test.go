package sqlserver

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

func TestOpenFromEnvironment(t *testing.T) {
	cloud := azuretest.New(t, nil)
	server := startServer(t, cloud, nil)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	ca := t.TempDir() + "/ca.pem"
	require.NoError(t, cloud.CA().WriteFile(ca))
	for name, value := range map[string]string{
		"AZURE_SQL_CONNECTIONSTRING": "Data Source=127.0.0.1," + strconv.Itoa(server.Port()) +
			";Initial Catalog=orders;User ID=" + id.ClientID + ";Authentication=ActiveDirectoryManagedIdentity",
		"PASSWORDLESS_TRUSTED_HOSTS": "127.0.0.1",
		"PASSWORDLESS_CA_FILE":       ca,
	} {
		t.Setenv(name, value)
	}
	for _, variable := range cloud.AppServiceEnviron() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}

	db, err := sql.Open(DriverName, "")
	require.NoError(t, err)
	assert.Zero(t, cloud.TokenRequests(), "nothing is asked for before the first Connect")
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	assert.Equal(t, 1, cloud.TokenRequests())
	logins := server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, "orders", logins[0].Database)
	assert.True(t, logins[0].TLS)
	assert.Equal(t, "go-mssqldb", logins[0].Parameters["app name"])
	require.NoError(t, logins[0].Err)

	conn, err := Driver{}.Open("")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func TestOpenReportsBadStrings(t *testing.T) {
	_, err := sql.Open(DriverName, "server=h;port=canary;user id=u")
	parseError, ok := errors.AsType[*dsn.ParseError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "port", parseError.Key)
	assert.NotContains(t, err.Error(), "canary")

	_, err = Driver{}.Open("server=h;port=canary;user id=u")
	require.Error(t, err)

	c, err := Driver{}.OpenConnector("server=h;port=canary;user id=u")
	require.Error(t, err)
	assert.True(t, c == nil, "not a nil *Connector in an interface")

	b := newBench(t, nil)
	_, err = OpenDB(b.dsn("timezone=canary"), b.options)
	require.EqualError(t, err, "connector: timezone: go-mssqldb does not take the value of this parameter of the connection (see TROUBLESHOOTING.md#parameters)")
}

func TestParametersReachTheServer(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict %v", strict), func(t *testing.T) {
			b := newBench(t, nil)
			encrypt, version := "encrypt=true;", "7.4"
			if strict {
				encrypt, version = "encrypt=strict;", "8.0"
			}
			require.NoError(t, connect(t, b.connector(t, encrypt+"app name=my app;workstation id=here;ApplicationIntent=ReadOnly")))
			logins := b.server.Logins()
			require.Len(t, logins, 1)
			assert.Equal(t, map[string]string{
				"app name": "my app", "host name": "here", "server name": "127.0.0.1", "application intent": "ReadOnly", "tds version": version,
			}, logins[0].Parameters)
			assert.Len(t, b.issuer.issued()[0], logins[0].PasswordLength)
			assert.True(t, logins[0].TLS)
		})
	}
}

func TestRawIsGoMSSQLDB(t *testing.T) {
	b := newBench(t, nil)
	conn, err := b.db(t, "").Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	called := errors.New("called")
	require.ErrorIs(t, Raw(conn, func(native *mssql.Conn) error {
		require.NoError(t, native.Ping(t.Context()))
		return called
	}), called)
}

func TestOneTokenForManyConnections(t *testing.T) {
	for _, encrypt := range []string{"true", "strict"} {
		t.Run(encrypt, func(t *testing.T) {
			b := newBench(t, nil)
			c := b.connector(t, "encrypt="+encrypt)
			errs := make(chan error)
			for range 50 {
				go func() { errs <- connect(t, c) }()
			}
			for range 50 {
				require.NoError(t, <-errs)
			}
			assert.Len(t, b.issuer.issued(), 1)
			require.NoError(t, b.server.Close())
			assert.Len(t, b.server.Logins(), 50)
			assert.Empty(t, b.server.Plaintext())
		})
	}
}

func TestLongToken(t *testing.T) {
	for _, encrypt := range []string{"true", "strict"} {
		for _, size := range []int{500, 4 << 10, 16 << 10} {
			t.Run(fmt.Sprintf("%s, %d bytes", encrypt, size), func(t *testing.T) {
				b := newBench(t, nil)
				b.issuer.options.Size = size
				require.NoError(t, connect(t, b.connector(t, "encrypt="+encrypt)))
				assert.GreaterOrEqual(t, b.server.Logins()[0].PasswordLength, size)
			})
		}
	}
}

func TestExpiredTokenIsRetriedOnce(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	b.server.Inject(azuretest.ExpiredToken().Times(1))
	require.NoError(t, connect(t, c))
	assert.Len(t, b.issuer.issued(), 2)

	b.server.Inject(azuretest.ExpiredToken())
	err := connect(t, c)
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "token-expired", login.Anchor)
	assert.Len(t, b.issuer.issued(), 3)
	assert.Len(t, b.server.Logins(), 5)
}

func TestOtherRefusalsAreNotRetried(t *testing.T) {
	b := newBench(t, nil)
	b.server.Inject(azuretest.SQLServerRefuse(18456, 1, "Login failed for user '<token-identified principal>'."))
	err := connect(t, b.connector(t, ""))
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, dsn.SQLServer, login.Engine)
	assert.Equal(t, b.server.Addr(), login.Host)
	assert.Equal(t, "orders", login.Database)
	assert.Empty(t, login.User, "the token names the user")
	assert.NotEmpty(t, login.Identity)
	assert.Equal(t, "no-database-user", login.Anchor)
	native, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok)
	assert.Equal(t, int32(18456), native.Number)
	assert.Len(t, b.server.Logins(), 1)
}

func TestCloseIsIdempotent(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.NoError(t, connect(t, c))
	assert.Equal(t, Driver{}, c.Driver())

	// Two databases on one connector: closing the first leaves the second working.
	first, second := sql.OpenDB(c), sql.OpenDB(c)
	require.NoError(t, first.PingContext(t.Context()))
	require.NoError(t, first.Close())
	require.NoError(t, second.PingContext(t.Context()))
	require.NoError(t, second.Close())
	assert.Equal(t, "orders", c.Status().Database)
}

func TestPasswordLogin(t *testing.T) {
	b := newBench(t, &azuretest.SQLServerOptions{Passwords: map[string]string{"app": "s3cret;\""}})
	b.options.Credential = nil
	for _, encrypt := range []string{"", "encrypt=strict;"} {
		require.NoError(t, connect(t, b.connector(t, encrypt+`user id=app;password="s3cret;""";`)))
	}
	for _, login := range b.server.Logins() {
		assert.Equal(t, "app", login.User)
		assert.True(t, login.TLS)
	}

	err := connect(t, b.connector(t, "user id=app;password=wrong-canary"))
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "wrong-password", login.Anchor)
	assert.NotContains(t, err.Error(), "canary")

	// Without TLS, because the string says so: at a server that takes no such login, and at one that does.
	login, ok = errors.AsType[*connector.LoginError](connect(t, b.connector(t, `user id=app;password="s3cret;""";encrypt=disable`)))
	require.True(t, ok)
	assert.Equal(t, "server-wants-tls", login.Anchor, "%v", login)
	require.ErrorIs(t, login, errInsists)
	b.server.Inject(azuretest.Plaintext())
	require.NoError(t, connect(t, b.connector(t, `user id=app;password="s3cret;""";encrypt=disable`)))

	// A server that has none, although the string does not.
	b.server.Inject(azuretest.NoTLS())
	plain := len(b.server.Plaintext())
	require.Error(t, connect(t, b.connector(t, `user id=app;password="s3cret;"""`)))
	require.NoError(t, b.server.Close())
	assert.Len(t, b.server.Plaintext(), plain)
}
