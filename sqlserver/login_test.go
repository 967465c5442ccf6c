package sqlserver

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestOpenFromEnvironment(t *testing.T) {
	login := engine.OpensFromEnvironment(t, func(id azuretest.Identity, port int) map[string]string {
		return map[string]string{
			"AZURE_SQL_CONNECTIONSTRING": "Data Source=127.0.0.1," + strconv.Itoa(port) +
				";Initial Catalog=orders;User ID=" + id.ClientID + ";Authentication=ActiveDirectoryManagedIdentity",
		}
	})
	assert.Equal(t, "go-mssqldb", login.Parameters["app name"])
}

func TestOpenReportsBadStrings(t *testing.T) {
	assert.Equal(t, "port", engine.ReportsBadString(t, "server=h;port=canary;user id=u").Key)

	b := engine.Bench(t, nil)
	_, err := OpenDB(b.DSN("timezone=canary"), b.Options)
	require.EqualError(t, err, "connector: timezone: go-mssqldb does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)")
}

func TestParametersReachTheServer(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict %v", strict), func(t *testing.T) {
			b := engine.Bench(t, nil)
			encrypt, version := "encrypt=true;", "7.4"
			if strict {
				encrypt, version = "encrypt=strict;", "8.0"
			}
			require.NoError(t, drivertest.Connect(t, b.Connector(t, encrypt+"app name=my app;workstation id=here;ApplicationIntent=ReadOnly")))
			logins := b.Server.Logins()
			require.Len(t, logins, 1)
			assert.Equal(t, map[string]string{
				"app name": "my app", "host name": "here", "server name": "127.0.0.1", "application intent": "ReadOnly", "tds version": version,
			}, logins[0].Parameters)
			assert.Len(t, b.Issuer.Issued()[0], logins[0].PasswordLength)
			assert.True(t, logins[0].TLS)
		})
	}
}

func TestRawIsGoMSSQLDB(t *testing.T) {
	b := engine.Bench(t, nil)
	conn, err := b.DB(t).Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	called := errors.New("called")
	require.ErrorIs(t, Raw(conn, func(native *mssql.Conn) error {
		require.NoError(t, native.Ping(t.Context()))
		return called
	}), called)
}

func TestOneTokenForManyConnections(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) { engine.Bench(t, nil).OneTokenForManyConnections(t, encrypt) })
	}
}

func TestLongToken(t *testing.T) {
	for _, encrypt := range []string{"true", "strict"} {
		for _, size := range []int{500, 4 << 10, 16 << 10} {
			t.Run(fmt.Sprintf("%s, %d bytes", encrypt, size), func(t *testing.T) {
				b := engine.Bench(t, nil)
				b.Issuer.TokenOptions.Size = size
				require.NoError(t, drivertest.Connect(t, b.Connector(t, "encrypt="+encrypt)))
				assert.GreaterOrEqual(t, b.Server.Logins()[0].PasswordLength, size)
			})
		}
	}
}

func TestExpiredTokenIsRetriedOnce(t *testing.T) { engine.Bench(t, nil).ExpiredTokenIsRetriedOnce(t) }

func TestOtherRefusalsAreNotRetried(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlservertest.Error{Number: 18456, State: 1, Message: "Login failed for user '<token-identified principal>'."}})
	err := drivertest.Connect(t, b.Connector(t))
	b.RefusedLogin(t, err, dsn.SQLServer, "") // the token names the user
	native, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok)
	assert.Equal(t, int32(18456), native.Number)
}

func TestCloseIsIdempotent(t *testing.T) { engine.Bench(t, nil).CloseIsIdempotent(t) }

func TestPasswordLogin(t *testing.T) {
	b := engine.Bench(t, &sqlservertest.Options{Passwords: map[string]string{"app": "s3cret;\""}})
	b.Options.Credential = nil
	for _, encrypt := range []string{"", "encrypt=strict;"} {
		require.NoError(t, drivertest.Connect(t, b.Connector(t, encrypt+`user id=app;password="s3cret;""";`)))
	}
	for _, login := range b.Server.Logins() {
		assert.Equal(t, "app", login.User)
		assert.True(t, login.TLS)
	}

	err := drivertest.Connect(t, b.Connector(t, "user id=app;password=wrong-canary"))
	login := drivertest.LoginError(t, err)
	assert.Equal(t, "wrong-password", login.Anchor)
	assert.NotContains(t, err.Error(), "canary")

	// Without TLS, because the string says so: at a server that takes no such login, and at one that does.
	login = drivertest.LoginError(t, drivertest.Connect(t, b.Connector(t, `user id=app;password="s3cret;""";encrypt=disable`)))
	assert.Equal(t, "tls-disabled", login.Anchor, "%v", login)
	require.ErrorIs(t, login, errInsists)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	require.NoError(t, drivertest.Connect(t, b.Connector(t, `user id=app;password="s3cret;""";encrypt=disable`)))

	// A server that has none, although the string does not.
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	plain := len(b.Server.Plaintext())
	require.Error(t, drivertest.Connect(t, b.Connector(t, `user id=app;password="s3cret;"""`)))
	require.NoError(t, b.Server.Close())
	assert.Len(t, b.Server.Plaintext(), plain)
}
