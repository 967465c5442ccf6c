package azuretest_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// mySpliced is a bench whose sessions go to an ordinary server: a second front
// end with a password user "owner".
type mySpliced struct {
	*myBench
	ordinary *azuretest.MySQLServer
}

// newMySpliced makes the ordinary server of the given options, and has its
// address put where backend says %s.
func newMySpliced(t *testing.T, o azuretest.MySQLOptions, backend string) *mySpliced {
	t.Helper()
	cloud, err := azuretest.Start(nil)
	require.NoError(t, err)
	t.Cleanup(func() { cloud.Close() })
	o.InsecureTransport = true
	if o.Passwords == nil {
		o.Passwords = map[string]string{"owner": "ordinary"}
	}
	ordinary, err := azuretest.StartMySQL(cloud, &o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, ordinary.Close()) })
	backend = strings.Replace(backend, "%s", ordinary.Addr(), 1)
	return &mySpliced{ordinary: ordinary, myBench: newMyBench(t, &azuretest.MySQLOptions{Backend: backend})}
}

func newMyEchoSpliced(t *testing.T) *mySpliced {
	t.Helper()
	return newMySpliced(t, azuretest.MySQLOptions{Handler: myEcho}, "owner:ordinary@tcp(%s)/main")
}

func TestMySQLSplice(t *testing.T) {
	b := newMyEchoSpliced(t)
	config := b.config()
	config.ConnectionAttributes = "program_name:client"
	conn := myConnect(t, config)
	var got string
	require.NoError(t, conn.QueryRowContext(t.Context(), "hello").Scan(&got))
	assert.Equal(t, "owner@orders: hello []", got, "the backend's user, the client's database")
	long := strings.Repeat("x", 3<<20)
	require.NoError(t, conn.QueryRowContext(t.Context(), "? ?", long, 1).Scan(&got))
	assert.True(t, got == "owner@orders: ? ? ["+long+" 1]")

	logins := b.ordinary.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, "client", logins[0].Parameters["program_name"])
	assert.Equal(t, sha256.Size, logins[0].PasswordLength, "a proof: the token stays in front")
	assert.Equal(t, len(b.token), b.server.Logins()[0].PasswordLength)
}

// Every way in which an ordinary user proves its password.
func TestMySQLSpliceLogins(t *testing.T) {
	for _, plugin := range []string{azuretest.MySQLCachingSHA2, azuretest.MySQLNativePassword} {
		for _, password := range []string{"ordinary", ""} {
			t.Run(plugin+" "+password, func(t *testing.T) {
				b := newMySpliced(t, azuretest.MySQLOptions{
					AuthPlugin: plugin, Handler: myEcho, Passwords: map[string]string{"owner": password},
				}, "owner:"+password+"@tcp(%s)/")
				for range 2 {
					var got string
					require.NoError(t, myConnect(t, b.config()).QueryRowContext(t.Context(), "hello").Scan(&got))
					assert.Equal(t, "owner@orders: hello []", got)
				}
			})
		}
	}
}

func TestMySQLSpliceUNIXSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mysql.sock")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	b := newMySpliced(t, azuretest.MySQLOptions{Handler: myEcho}, "owner:ordinary@unix("+path+")/main")
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { b.ordinary.ServeConn(t.Context(), conn) })
		}
	})
	config := b.config()
	config.DBName = ""
	var got string
	require.NoError(t, myConnect(t, config).QueryRowContext(t.Context(), "hello").Scan(&got))
	assert.Equal(t, "owner@main: hello []", got, "the backend's database")
	assert.Equal(t, len("ordinary"), b.ordinary.Logins()[0].PasswordLength, "in clear text, on a socket of this machine")
	require.NoError(t, b.server.Close())
	require.NoError(t, listener.Close())
	require.NoError(t, b.ordinary.Close())
	serving.Wait()
}

func TestMySQLSpliceRefusals(t *testing.T) {
	b := newMyEchoSpliced(t)
	assert.Equal(t, uint16(1045), myRefused(t, b.as(b.id.Name, "nonsense")).Number)
	assert.Empty(t, b.ordinary.Logins(), "a bad token does not reach the backend")

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.MySQLError{Number: 1049, State: "42000", Message: "Unknown database 'orders'"}, Times: 1})
	refusal := myRefused(t, b.config())
	assert.Equal(t, uint16(1049), refusal.Number)
	assert.Equal(t, "42000", string(refusal.SQLState[:]))
	assert.Equal(t, "Unknown database 'orders'", refusal.Message)

	for _, fault := range []azuretest.ServerFault{{Kind: azuretest.CloseAfterToken}, {Kind: azuretest.HalfPacket}} {
		fault.Times = 1
		b.ordinary.Inject(fault)
		assert.Equal(t, uint16(1429), myRefused(t, b.config()).Number)
	}
	require.NoError(t, b.ordinary.Close())
	assert.Equal(t, uint16(1429), myRefused(t, b.config()).Number)
	logins := b.server.Logins()
	require.Len(t, logins, 5)
	var unreachable *net.OpError
	require.ErrorAs(t, logins[4].Err, &unreachable)

	// Where the backend cannot even be asked for its greeting.
	fresh := newMyBench(t, &azuretest.MySQLOptions{Backend: "owner:s3cr3t-canary@tcp(" + b.ordinary.Addr() + ")/"})
	assert.Equal(t, uint16(1429), myRefused(t, fresh.config()).Number)
	require.Len(t, fresh.server.Logins(), 1)
	assert.NotContains(t, fresh.server.Logins()[0].Err.Error(), "s3cr3t")
}

func TestMySQLSpliceUnsuitedPlugin(t *testing.T) {
	b := newMySpliced(t, azuretest.MySQLOptions{}, "owner:ordinary@tcp(%s)/main")
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext}) // asks for clear text
	assert.Equal(t, uint16(1429), myRefused(t, b.config()).Number)
	assert.ErrorContains(t, b.server.Logins()[0].Err, `the plugin "mysql_clear_password"`)
	assert.Empty(t, b.ordinary.Plaintext())
}

// The end of one side reaches the other.
func TestMySQLSpliceEnds(t *testing.T) {
	ended := make(chan error, 1)
	b := newMySpliced(t, azuretest.MySQLOptions{Handler: func(ctx context.Context, s *azuretest.MySQLSession) error {
		err := myEcho(ctx, s)
		ended <- err
		return err
	}}, "owner:ordinary@tcp(%s)/main")
	connector, err := mysql.NewConnector(b.config())
	require.NoError(t, err)
	open := func() driver.Conn {
		conn, err := connector.Connect(t.Context())
		require.NoError(t, err)
		return conn
	}
	require.NoError(t, open().Close())
	require.ErrorContains(t, <-ended, "EOF")

	conn := open()
	_, err = conn.(driver.QueryerContext).QueryContext(t.Context(), "end", nil)
	require.ErrorContains(t, err, "4031")
	require.Error(t, <-ended)
	assert.Error(t, conn.(driver.Pinger).Ping(t.Context()))

	var raw net.Conn // without a goodbye
	config := b.config()
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		var err error
		raw, err = dialer.DialContext(ctx, network, address)
		return raw, err
	}
	connector, err = mysql.NewConnector(config)
	require.NoError(t, err)
	open()
	require.NoError(t, raw.Close())
	require.Error(t, <-ended)

	conn = open()
	require.NoError(t, b.server.Close())
	require.Error(t, <-ended)
	assert.Error(t, conn.(driver.Pinger).Ping(t.Context()))
}

func TestMySQLSpliceLeavesNothing(t *testing.T) {
	b := newMyEchoSpliced(t)
	before := runtime.NumGoroutine()
	connector, err := mysql.NewConnector(b.config())
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			db := sql.OpenDB(connector)
			defer db.Close()
			var got string
			if assert.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprint("hello ", i)).Scan(&got)) {
				assert.Equal(t, fmt.Sprintf("owner@orders: hello %d []", i), got)
			}
		})
	}
	group.Wait()
	requireSettled(t, before)
}
