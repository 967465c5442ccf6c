package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

func TestOpenFromEnvironment(t *testing.T) {
	cloud := azuretest.New(t, nil)
	server, err := cloud.StartMySQL(nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "aad_orders"})
	ca := t.TempDir() + "/ca.pem"
	require.NoError(t, cloud.CA().WriteFile(ca))
	for name, value := range map[string]string{
		"AZURE_MYSQL_CONNECTIONSTRING": "aad_orders@tcp(127.0.0.1:" + strconv.Itoa(server.Port()) + ")/orders?tls=true",
		"AZURE_MYSQL_CLIENTID":         id.ClientID,
		"PASSWORDLESS_TRUSTED_HOSTS":   "127.0.0.1",
		"PASSWORDLESS_CA_FILE":         ca,
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
	assert.Equal(t, "aad_orders", logins[0].User)
	assert.Equal(t, "orders", logins[0].Database)
	assert.True(t, logins[0].TLS)
	require.NoError(t, logins[0].Err)

	conn, err := Driver{}.Open("")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func TestOpenReportsBadStrings(t *testing.T) {
	_, err := sql.Open(DriverName, "u@tcp(h:canary)/db")
	parseError, ok := errors.AsType[*dsn.ParseError](err)
	require.True(t, ok, "%v", err)
	assert.NotEmpty(t, parseError.Key)
	assert.NotContains(t, err.Error(), "canary")

	_, err = Driver{}.Open("u@tcp(h:canary)/db")
	require.Error(t, err)

	c, err := Driver{}.OpenConnector("u@tcp(h:canary)/db")
	require.Error(t, err)
	assert.True(t, c == nil, "not a nil *Connector in an interface")

	b := newBench(t, nil)
	_, err = NewConnector(b.dsn("loc=canary"), b.options)
	require.EqualError(t, err, "connector: loc: go-sql-driver does not take the value of this parameter of the connection (see TROUBLESHOOTING.md#parameters)")
}

func TestConnectionsAreTheDrivers(t *testing.T) {
	b := newBench(t, nil)
	conn, err := b.db(t, "interpolateParams=true").Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "insert into t values (?)", strings.Repeat("many TLS records ", 1<<16))
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(dc any) error {
		assert.Equal(t, "*mysql.mysqlConn", fmt.Sprintf("%T", dc))
		return nil
	}))
}

func TestOneTokenForManyConnections(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t)
	errs := make(chan error)
	for range 50 {
		go func() { errs <- connect(t, c) }()
	}
	for range 50 {
		require.NoError(t, <-errs)
	}
	assert.Len(t, b.issuer.issued(), 1)
	assert.Len(t, b.server.Logins(), 50)
	assert.Len(t, b.issuer.issued()[0], b.server.Logins()[0].PasswordLength)
}

func TestExpiredTokenIsRetriedOnce(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t)
	require.NoError(t, connect(t, c))
	b.server.Inject(azuretest.ExpiredToken().Times(1))
	require.NoError(t, connect(t, c))
	assert.Len(t, b.issuer.issued(), 2)

	b.server.Inject(azuretest.ExpiredToken())
	login := loginError(t, connect(t, c))
	assert.Equal(t, "token-expired", login.Anchor)
	assert.Len(t, b.issuer.issued(), 3)
	assert.Len(t, b.server.Logins(), 5)
}

func TestOtherRefusalsAreNotRetried(t *testing.T) {
	b := newBench(t, &azuretest.MySQLOptions{Users: []string{"somebody else"}})
	err := connect(t, b.connector(t))
	login := loginError(t, err)
	assert.Equal(t, dsn.MySQL, login.Engine)
	assert.Equal(t, b.server.Addr(), login.Host)
	assert.Equal(t, "orders", login.Database)
	assert.Equal(t, "app", login.User)
	assert.NotEmpty(t, login.Identity)
	assert.NotEmpty(t, login.Claims)
	assert.Equal(t, "no-entra-role", login.Anchor)
	native, ok := errors.AsType[*mysql.MySQLError](err)
	require.True(t, ok)
	assert.Equal(t, uint16(1045), native.Number)
	assert.Len(t, b.server.Logins(), 1)
}

// A user with an ordinary password gets a proof made from the token, over TLS,
// or the token itself where its plugin asks for passwords whole.
func TestUserWithPassword(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{
		"native": azuretest.AskNativePassword(), "caching_sha2": azuretest.AskCachingSHA2(),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.server.Inject(fault)
			err := connect(t, b.connector(t))
			assert.Equal(t, "no-entra-role", loginError(t, err).Anchor)
			assert.ErrorContains(t, err, "CREATE AADUSER")
			require.NoError(t, b.server.Close())
			assert.Empty(t, b.server.Plaintext())
		})
	}
}

func TestContextEndsTheLogin(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t)
	require.NoError(t, connect(t, c)) // so that there is a token
	b.server.Inject(azuretest.Silent())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Connect(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, "no-answer", loginError(t, err).Anchor)

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = c.Connect(ctx)
	require.ErrorIs(t, err, context.Canceled)

	// The driver turns this one into "invalid connection" and logs what it was.
	_, err = b.connector(t, "readTimeout=20ms").Connect(t.Context())
	require.ErrorIs(t, err, mysql.ErrInvalidConn)
	assert.Equal(t, "no-answer", loginError(t, err).Anchor)
	assert.ErrorContains(t, err, "i/o timeout")
}

func TestCloseIsIdempotent(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t)
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
	for _, plugin := range []string{azuretest.MySQLCachingSHA2, azuretest.MySQLNativePassword} {
		t.Run(plugin, func(t *testing.T) {
			b := newBench(t, &azuretest.MySQLOptions{
				Passwords: map[string]string{"app": "s3cret"}, AuthPlugin: plugin, InsecureTransport: true,
			})
			b.options.Credential = nil
			withPassword := func(password string, more ...string) *Connector {
				c, err := NewConnector(strings.Replace(b.dsn(more...), "app@", "app:"+password+"@", 1), b.options)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, c.Close()) })
				return c
			}
			require.NoError(t, connect(t, withPassword("s3cret")))
			require.NoError(t, connect(t, withPassword("s3cret", "tls=false")))

			err := connect(t, withPassword("wrong"))
			assert.Equal(t, "wrong-password", loginError(t, err).Anchor)
			assert.NotContains(t, err.Error(), "password=")

			// Without TLS, because the string says so: but not in clear text.
			b.server.Inject(azuretest.Plaintext())
			err = connect(t, withPassword("s3cret", "tls=false"))
			require.ErrorIs(t, err, mysql.ErrCleartextPassword)
			assert.Equal(t, "server-wants-tls", loginError(t, err).Anchor)
			require.NoError(t, b.server.Close())
			for _, l := range b.server.Plaintext() { // proofs, with tls=false
				assert.NotEqual(t, len("s3cret"), l.PasswordLength)
			}
		})
	}
}

func TestLongTokens(t *testing.T) {
	for _, size := range []int{500, 4 << 10, 16 << 10, 17 << 10, 60 << 10} {
		b := newBench(t, nil)
		b.issuer.options.Size = size
		require.NoError(t, connect(t, b.connector(t)), size)
		assert.GreaterOrEqual(t, b.server.Logins()[0].PasswordLength, size)
	}
}

// loginError is err, which must be one.
func loginError(t *testing.T, err error) *connector.LoginError {
	t.Helper()
	login, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%v", err)
	return login
}
