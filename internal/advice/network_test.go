package advice_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/advice"
)

func TestNetwork(t *testing.T) {
	for _, row := range []struct {
		name, anchor, hint string
		temporary          bool
		err                error
	}{
		{"unknown authority", "server-certificate", "signed by no one trusted", false, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
		{"wrong name", "server-certificate", "for another name", false, &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}},
		{"expired certificate", "server-certificate", "not valid now", false, &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}},
		{"not TLS at all", "server-without-tls", "does not speak TLS", false, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}},
		{"DNS", "host-not-found", "does not resolve", false, &net.DNSError{Err: "no such host", Name: "h"}},
		{"DNS in time", "host-not-found", "does not resolve", true, &net.DNSError{Err: "timeout", Name: "h", IsTimeout: true}},
		{"refused connection", "no-answer", "nothing listens", true, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
		{"deadline", "no-answer", "no answer in time", true, fmt.Errorf("timeout: %w", context.DeadlineExceeded)},
		{"reset", "", "", true, &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}},
		{"reset on Windows", "", "", true, syscall.Errno(10054)},
		{"end of the connection", "", "", true, io.ErrUnexpectedEOF},
		{"canceled", "", "", false, context.Canceled},
		{"other", "", "", false, errors.New("oops")},
		{"none", "", "", false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := advice.Network.Classify(row.err, true)
			assert.Equal(t, row.anchor == "", got.Hint == "", "a hint goes with an anchor")
			assert.Contains(t, got.Hint, row.hint)
			assert.Equal(t, advice.Classification{Temporary: row.temporary, Hint: got.Hint, Anchor: row.anchor}, got)
		})
	}
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", address)
	assert.True(t, advice.ConnectionRefused(fmt.Errorf("wrapped: %w", err)), "%v", err)

	windows := &net.OpError{Op: "dial", Err: os.NewSyscallError("connectex", syscall.Errno(10061))}
	assert.True(t, advice.ConnectionRefused(windows))
	assert.False(t, advice.ConnectionRefused(context.DeadlineExceeded))
	assert.False(t, advice.ConnectionRefused(nil))
}
