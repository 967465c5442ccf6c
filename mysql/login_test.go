package mysql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

func TestConnectionsAreTheDrivers(t *testing.T) {
	b := engine.Bench(t, nil)
	db := sql.OpenDB(b.Connector(t, "interpolateParams=true"))
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "insert into t values (?)", strings.Repeat("many TLS records ", 1<<16))
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(dc any) error {
		assert.Equal(t, "*mysql.mysqlConn", fmt.Sprintf("%T", dc))
		return nil
	}))
}

// A user with an ordinary password gets neither a proof made from the token nor, where its plugin asks for passwords
// whole, the token itself.
func TestUserWithPassword(t *testing.T) {
	for kind, method := range map[azuretest.ServerFaultKind]string{azuretest.AskNativePassword: nativePassword, azuretest.AskCachingSHA2: cachingSHA2} {
		b := engine.Bench(t, nil)
		b.AssertRefused(t, azuretest.ServerFault{Kind: kind}, "role-with-password",
			"mysql: the server asks for "+method+": refusing to send the token by it: "+
				"the user is not one for Microsoft Entra, or there is none of this name: make it with CREATE AADUSER")
		assert.Empty(t, b.Server.Plaintext(), kind)
		assert.NotContains(t, []int{20, len(b.Issuer.Issued()[0])}, b.Server.Logins()[0].PasswordLength, kind)
	}
}

func TestReadTimeoutEndsTheLogin(t *testing.T) {
	b := engine.Bench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	// The driver turns this one into "invalid connection" and logs what it was.
	_, err := b.Connector(t, "readTimeout=20ms").Connect(t.Context())
	require.ErrorIs(t, err, mysql.ErrInvalidConn)
	assert.Equal(t, "no-answer", drivertest.LoginError(t, err).Anchor)
	assert.ErrorContains(t, err, "i/o timeout")
}

func TestPasswordLogin(t *testing.T) {
	for _, plugin := range []string{mysqlfront.CachingSHA2, mysqlfront.NativePassword} {
		t.Run(plugin, func(t *testing.T) {
			b := engine.Bench(t, &mysqlfront.Options{
				ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "s3cret"}}, AuthPlugin: plugin, InsecureTransport: true,
			})
			b.Options.Credential = nil
			withPassword := func(password string, more ...string) *Connector {
				return b.Open(t, strings.Replace(b.DSN(more...), "app@", "app:"+password+"@", 1))
			}
			require.NoError(t, drivertest.Connect(t, withPassword("s3cret")))
			require.NoError(t, drivertest.Connect(t, withPassword("s3cret", "tls=false")))

			err := drivertest.Connect(t, withPassword("wrong"))
			assert.Equal(t, "wrong-password", drivertest.LoginError(t, err).Anchor)
			assert.NotContains(t, err.Error(), "password=")

			// Without TLS, because the string says so: but not in clear text.
			b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
			err = drivertest.Connect(t, withPassword("s3cret", "tls=false"))
			require.ErrorIs(t, err, mysql.ErrCleartextPassword)
			assert.Equal(t, "tls-disabled", drivertest.LoginError(t, err).Anchor)
			require.NoError(t, b.Server.Close())
			for _, l := range b.Server.Plaintext() { // proofs, with tls=false
				assert.NotEqual(t, len("s3cret"), l.PasswordLength)
			}
		})
	}
}

func TestLongTokens(t *testing.T) {
	for _, size := range []int{500, 4 << 10, 16 << 10, 17 << 10, 60 << 10} {
		b := engine.Bench(t, nil)
		b.Issuer.Size = size
		require.NoError(t, drivertest.Connect(t, b.Connector(t)), size)
		assert.GreaterOrEqual(t, b.Server.Logins()[0].PasswordLength, size)
	}
}
