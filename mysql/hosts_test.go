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
	"github.com/azuredb/passwordless/internal/drivertest"
)

// hosts is the ADO.NET string of several hosts on this machine, each with a port.
func hosts(addresses ...string) string {
	return "Server=" + strings.Join(addresses, ",") + ";Database=orders;User Id=app;"
}

// closed is an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(drivertest.ClosedPort(t))
}

func TestNoHostAnswers(t *testing.T) {
	b := engine.Bench(t, nil)
	first, second := closed(t), closed(t)
	c := b.Open(t, hosts(first, second))
	err := drivertest.Connect(t, c)
	assert.Equal(t, "no-answer", drivertest.LoginError(t, err).Anchor)
	assert.ErrorContains(t, err, "nothing listens")
	assert.ErrorContains(t, err, first+": dial tcp")
	assert.ErrorContains(t, err, "; "+second+": dial tcp")
}

// A server that answers is not passed over: another would hide what is wrong.
func TestARefusalIsFinal(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{
		"refusal": {Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 1045, State: "28000", Message: "Access denied"}}, "no TLS": {Kind: azuretest.NoTLS}, "certificate": {Kind: azuretest.WrongName},
	} {
		t.Run(name, func(t *testing.T) {
			b, other := engine.Bench(t, nil), engine.Bench(t, nil)
			b.Options.RootCAs = append(b.Options.RootCAs, other.Cloud.CA().Certificate())
			b.Server.Inject(fault)
			c := b.Open(t, hosts(b.Server.Addr(), other.Server.Addr()))
			require.Error(t, drivertest.Connect(t, c))
			assert.Empty(t, other.Server.Logins())
		})
	}
}

// A connection that breaks off is no answer.
func TestNextHostAfterABrokenConnection(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{"close": {Kind: azuretest.CloseAfterToken}, "half packet": {Kind: azuretest.HalfPacket}} {
		t.Run(name, func(t *testing.T) {
			b, other := engine.Bench(t, nil), engine.Bench(t, nil)
			other.Options.RootCAs = append(other.Options.RootCAs, b.Cloud.CA().Certificate())
			b.Server.Inject(fault)
			c := other.Open(t, hosts(b.Server.Addr(), other.Server.Addr()))
			require.NoError(t, drivertest.Connect(t, c), "the second host's own tokens are used")
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
		"not TLS":     {interrupted{errors.New("bad connection"), errNotTLS}, false},
	} {
		assert.Equal(t, row.want, unreachable(row.err), name)
	}
}

func TestContextEndsTheTries(t *testing.T) {
	b := engine.Bench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	b.Options.Dial = func(context.Context, string, string) (net.Conn, error) {
		tries++
		cancel()
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}
	c := b.Open(t, hosts("127.0.0.1:1", "127.0.0.1:2"))
	_, err := c.Connect(ctx)
	require.Error(t, err)
	assert.Equal(t, 1, tries)
}
