package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// hosts is the ADO.NET string of several hosts on this machine, each with a port.
func hosts(addresses ...string) string {
	return "Server=" + strings.Join(addresses, ",") + ";Database=orders;User Id=app;"
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, unused.Close())
	return unused.Addr().String()
}

func TestSecondHost(t *testing.T) {
	b := newBench(t, nil)
	c, err := NewConnector(hosts(nobody(t), "localhost:"+strconv.Itoa(b.server.Port())), b.options)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, connect(t, c))
	assert.Equal(t, "localhost", b.server.Logins()[0].ServerName)
}

func TestNoHostAnswers(t *testing.T) {
	b := newBench(t, nil)
	first, second := nobody(t), nobody(t)
	c, err := NewConnector(hosts(first, second), b.options)
	require.NoError(t, err)
	defer c.Close()
	err = connect(t, c)
	assert.Equal(t, "nothing-listens", loginError(t, err).Anchor)
	assert.ErrorContains(t, err, first+": dial tcp")
	assert.ErrorContains(t, err, "; "+second+": dial tcp")
}

// A server that answers is not passed over: another would hide what is wrong.
func TestARefusalIsFinal(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{
		"refusal": azuretest.MySQLRefuse(1045, "28000", "Access denied"), "no TLS": azuretest.NoTLS(), "certificate": azuretest.WrongName(),
	} {
		t.Run(name, func(t *testing.T) {
			b, other := newBench(t, nil), newBench(t, nil)
			b.options.RootCAs = append(b.options.RootCAs, other.cloud.CA().Certificate())
			b.server.Inject(fault)
			c, err := NewConnector(hosts(b.server.Addr(), other.server.Addr()), b.options)
			require.NoError(t, err)
			defer c.Close()
			require.Error(t, connect(t, c))
			assert.Empty(t, other.server.Logins())
		})
	}
}

// A connection that breaks off is no answer.
func TestNextHostAfterABrokenConnection(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{"close": azuretest.CloseAfterToken(), "half packet": azuretest.HalfPacket()} {
		t.Run(name, func(t *testing.T) {
			b, other := newBench(t, nil), newBench(t, nil)
			other.options.RootCAs = append(other.options.RootCAs, b.cloud.CA().Certificate())
			b.server.Inject(fault)
			c, err := NewConnector(hosts(b.server.Addr(), other.server.Addr()), other.options)
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, connect(t, c), "the second host's own tokens are used")
		})
	}
}

func TestUnreachable(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"refused":     {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		"reset":       {interrupted{mysql.ErrInvalidConn, &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, true},
		"handshake":   {io.EOF, true},
		"no name":     {&net.DNSError{Name: "h"}, true},
		"timeout":     {context.DeadlineExceeded, true},
		"alert":       {&net.OpError{Op: "remote error", Err: tls.AlertError(42)}, false},
		"certificate": {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, false},
		"refusal":     {&mysql.MySQLError{Number: 1045}, false},
		"no TLS":      {mysql.ErrNoTLS, false},
		"guard":       {interrupted{errors.New("bad connection"), errNotTLS}, false},
	} {
		assert.Equal(t, row.want, unreachable(row.err), name)
	}
}

func TestContextEndsTheTries(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	b.options.Dial = func(context.Context, string, string) (net.Conn, error) {
		tries++
		cancel()
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}
	c, err := NewConnector(hosts("127.0.0.1:1", "127.0.0.1:2"), b.options)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Connect(ctx)
	require.Error(t, err)
	assert.Equal(t, 1, tries)
}

func TestOwnDialerGetsTheName(t *testing.T) {
	b := newBench(t, &azuretest.MySQLOptions{Names: []string{"srv.mysql.database.azure.com"}})
	var dialled []string
	b.options.TrustedHosts = nil
	b.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		var d net.Dialer
		return d.DialContext(ctx, network, b.server.Addr())
	}
	c, err := NewConnector("app@tcp(srv.mysql.database.azure.com)/", b.options)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, connect(t, c))
	assert.Equal(t, []string{"srv.mysql.database.azure.com:3306"}, dialled)
}

func TestTunnel(t *testing.T) {
	b := newBench(t, &azuretest.MySQLOptions{Names: []string{"srv.mysql.database.azure.com"}})
	b.options.TrustedHosts = nil
	b.options.ServerName = "srv.mysql.database.azure.com"
	require.NoError(t, connect(t, b.connector(t)))
	assert.Equal(t, b.options.ServerName, b.server.Logins()[0].ServerName)
}
