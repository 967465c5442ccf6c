package drivertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/connector"
)

// EqualVerdict compares verdicts but for the hint, for which the anchor stands.
func EqualVerdict(t *testing.T, want, got connector.Verdict) {
	t.Helper()
	assert.Equal(t, want.Anchor == "", got.Hint == "", "a hint goes with an anchor")
	got.Hint = ""
	assert.Equal(t, want, got)
}

// JudgesNetwork checks what judge says of the faults of TLS and of the network that
// drivers pass on as they are.
func JudgesNetwork(t *testing.T, judge func(error) connector.Verdict) {
	t.Helper()
	for _, row := range []struct {
		name   string
		err    error
		anchor string
	}{
		{"unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "unknown-authority"},
		{"wrong name", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "certificate-name"},
		{"expired certificate", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "certificate-invalid"},
		{"not TLS at all", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "server-without-tls"},
		{"DNS", &net.DNSError{Err: "no such host", Name: "h"}, "host-not-found"},
		{"refused connection", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "nothing-listens"},
		{"deadline", fmt.Errorf("timeout: %w", context.DeadlineExceeded), "no-answer"},
		{"canceled", context.Canceled, ""},
	} {
		t.Run(row.name, func(t *testing.T) { EqualVerdict(t, connector.Verdict{Anchor: row.anchor}, judge(row.err)) })
	}
}

// GoodAdvice checks what every row of a table of verdicts promises.
func GoodAdvice(t *testing.T, hint, anchor string) {
	t.Helper()
	assert.NotEmpty(t, anchor, hint)
	assert.Equal(t, strings.ToLower(anchor), anchor)
	assert.NotContains(t, anchor, " ")
	assert.False(t, strings.HasSuffix(hint, "."), hint)
	assert.NotContains(t, hint, "\n")
}
