package neterr_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/neterr"
)

func TestExplain(t *testing.T) {
	for _, row := range []struct {
		name, anchor string
		err          error
	}{
		{"unknown authority", "unknown-authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
		{"wrong name", "certificate-name", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}},
		{"expired certificate", "certificate-invalid", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}},
		{"not TLS at all", "server-without-tls", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}},
		{"DNS", "host-not-found", &net.DNSError{Err: "no such host", Name: "h"}},
		{"DNS in time", "host-not-found", &net.DNSError{Err: "timeout", Name: "h", IsTimeout: true}},
		{"refused connection", "nothing-listens", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
		{"deadline", "no-answer", fmt.Errorf("timeout: %w", context.DeadlineExceeded)},
		{"canceled", "", context.Canceled},
		{"other", "", errors.New("oops")},
		{"none", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := neterr.Explain(row.err)
			assert.Equal(t, row.anchor, got.Anchor)
			assert.Equal(t, row.anchor != "", ok)
			assert.Equal(t, row.anchor == "", got.Hint == "", "a hint goes with an anchor")
		})
	}
}
