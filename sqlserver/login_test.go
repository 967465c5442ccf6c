package sqlserver

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

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
			assert.NotZero(t, logins[0].TLS)
		})
	}
}

func TestRawIsGoMSSQLDB(t *testing.T) {
	b := engine.Bench(t, nil)
	called := errors.New("called")
	db := sql.OpenDB(b.Connector(t))
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.ErrorIs(t, Raw(conn, func(native *mssql.Conn) error {
		require.NoError(t, native.Ping(t.Context()))
		return called
	}), called)
}

func TestLongToken(t *testing.T) {
	for _, encrypt := range []string{"true", "strict"} {
		for _, size := range []int{500, 4 << 10, 16 << 10} {
			t.Run(fmt.Sprintf("%s, %d bytes", encrypt, size), func(t *testing.T) {
				b := engine.Bench(t, nil)
				b.Issuer.Size = size
				require.NoError(t, drivertest.Connect(t, b.Connector(t, "encrypt="+encrypt)))
				assert.GreaterOrEqual(t, b.Server.Logins()[0].PasswordLength, size)
			})
		}
	}
}

func TestPasswordLogin(t *testing.T) {
	b := engine.Bench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "s3cret;\""}}})
	b.Options.Credential = nil
	for _, encrypt := range []string{"", "encrypt=strict;"} {
		require.NoError(t, drivertest.Connect(t, b.Connector(t, encrypt+`user id=app;password="s3cret;""";`)))
	}
	for _, login := range b.Server.Logins() {
		assert.Equal(t, "app", login.User)
		assert.NotZero(t, login.TLS)
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
