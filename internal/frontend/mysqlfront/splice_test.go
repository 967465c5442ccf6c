package mysqlfront_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// spliced is a bench whose sessions go to an ordinary server: a second front
// end with a password user "owner".
type spliced struct {
	*bench
	ordinary *mysqlfront.Server
}

// newSpliced makes the ordinary server of the given options, and has its
// address put where backend says %s.
func newSpliced(t *testing.T, o mysqlfront.Options, backend string) *spliced {
	t.Helper()
	o.InsecureTransport = true
	if o.Passwords == nil {
		o.Passwords = map[string]string{"owner": "ordinary"}
	}
	ordinary := frontend.Must(t, mysqlfront.Start, azuretest.New(t), &o)
	t.Cleanup(func() { assert.NoError(t, ordinary.Close()) })
	backend = strings.Replace(backend, "%s", ordinary.Addr(), 1)
	return &spliced{ordinary: ordinary, bench: newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend}})}
}

func newEchoSpliced(t *testing.T) *spliced {
	t.Helper()
	return newSpliced(t, mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: echo}}, "owner:ordinary@tcp(%s)/main")
}

func TestSplice(t *testing.T) {
	b := newEchoSpliced(t)
	config := b.config()
	config.ConnectionAttributes = "program_name:client"
	conn := connect(t, config)
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
	assert.Equal(t, len(b.Token), b.Server.Logins()[0].PasswordLength)
}

// Every way in which an ordinary user proves its password.
func TestSpliceLogins(t *testing.T) {
	for _, plugin := range []string{mysqlfront.CachingSHA2, mysqlfront.NativePassword} {
		for _, password := range []string{"ordinary", ""} {
			t.Run(plugin+" "+password, func(t *testing.T) {
				b := newSpliced(t, mysqlfront.Options{
					AuthPlugin: plugin, ServerOptions: azuretest.ServerOptions{
						Query: echo, Passwords: map[string]string{"owner": password},
					},
				}, "owner:"+password+"@tcp(%s)/")
				for range 2 {
					var got string
					require.NoError(t, connect(t, b.config()).QueryRowContext(t.Context(), "hello").Scan(&got))
					assert.Equal(t, "owner@orders: hello []", got)
				}
			})
		}
	}
}

func TestSpliceUNIXSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mysql.sock")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	b := newSpliced(t, mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: echo}}, "owner:ordinary@unix("+path+")/main")
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
	require.NoError(t, connect(t, config).QueryRowContext(t.Context(), "hello").Scan(&got))
	assert.Equal(t, "owner@main: hello []", got, "the backend's database")
	assert.Equal(t, len("ordinary"), b.ordinary.Logins()[0].PasswordLength, "in clear text, on a socket of this machine")
	require.NoError(t, b.Server.Close())
	require.NoError(t, listener.Close())
	require.NoError(t, b.ordinary.Close())
	serving.Wait()
}

func TestSpliceRefusals(t *testing.T) {
	b := newEchoSpliced(t)
	assert.Equal(t, uint16(1045), refused(t, b.as(b.ID.Name, "nonsense")).Number)
	assert.Empty(t, b.ordinary.Logins(), "a bad token does not reach the backend")

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 1049, State: "42000", Message: "Unknown database 'orders'"}, Times: 1})
	serverError := refused(t, b.config())
	assert.Equal(t, uint16(1049), serverError.Number)
	assert.Equal(t, "42000", string(serverError.SQLState[:]))
	assert.Equal(t, "Unknown database 'orders'", serverError.Message)

	for _, fault := range []azuretest.ServerFault{{Kind: azuretest.CloseAfterToken}, {Kind: azuretest.HalfPacket}} {
		fault.Times = 1
		b.ordinary.Inject(fault)
		assert.Equal(t, uint16(1429), refused(t, b.config()).Number)
	}
	require.NoError(t, b.ordinary.Close())
	assert.Equal(t, uint16(1429), refused(t, b.config()).Number)
	logins := b.Server.Logins()
	require.Len(t, logins, 5)
	var unreachable *net.OpError
	require.ErrorAs(t, logins[4].Err, &unreachable)

	// Where the backend cannot even be asked for its greeting.
	fresh := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: "owner:s3cr3t-canary@tcp(" + b.ordinary.Addr() + ")/"}})
	assert.Equal(t, uint16(1429), refused(t, fresh.config()).Number)
	require.Len(t, fresh.Server.Logins(), 1)
	assert.NotContains(t, fresh.Server.Logins()[0].Err.Error(), "s3cr3t")
}

func TestSpliceUnsuitedPlugin(t *testing.T) {
	b := newSpliced(t, mysqlfront.Options{}, "owner:ordinary@tcp(%s)/main")
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext}) // asks for clear text
	assert.Equal(t, uint16(1429), refused(t, b.config()).Number)
	assert.ErrorContains(t, b.Server.Logins()[0].Err, `the plugin "mysql_clear_password"`)
	assert.Empty(t, b.ordinary.Plaintext())
}

// The end of one side reaches the other.
func TestSpliceEnds(t *testing.T) {
	b := newEchoSpliced(t)
	ended := make(chan error, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				before := len(b.ordinary.Logins())
				b.ordinary.ServeConn(t.Context(), conn)
				if logins := b.ordinary.Logins(); len(logins) > before { // not for the greeting
					ended <- io.EOF
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	b.bench = newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: "owner:ordinary@tcp(" + listener.Addr().String() + ")/main"}})
	connector, err := mysql.NewConnector(b.config())
	require.NoError(t, err)
	open := func() driver.Conn {
		conn, err := connector.Connect(t.Context())
		require.NoError(t, err)
		return conn
	}
	require.NoError(t, open().Close())
	require.Error(t, <-ended)

	conn := open()
	_, err = conn.(driver.QueryerContext).QueryContext(t.Context(), "end", nil)
	require.ErrorIs(t, err, mysql.ErrInvalidConn)
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
	require.NoError(t, b.Server.Close())
	require.Error(t, <-ended)
	assert.Error(t, conn.(driver.Pinger).Ping(t.Context()))
}

func TestSpliceLeavesNothing(t *testing.T) {
	b := newEchoSpliced(t)
	connector, err := mysql.NewConnector(b.config())
	require.NoError(t, err)
	frontendtest.AssertLeavesNothing(t, 50, func() error {
		db := sql.OpenDB(connector)
		var got string
		err := db.QueryRowContext(t.Context(), "hello").Scan(&got)
		assert.Equal(t, "owner@orders: hello []", got)
		return errors.Join(err, db.Close())
	})
}
